// Keeps the blocks of a page fresh: an event stream tells what changed and each block asks for itself again; where
// the stream is down every block asks each 30 s. A block always shows the age of what it shows.
(() => {
  "use strict";
  const POLL_MS = 30000, FIRST_RETRY_MS = 2000, LONGEST_RETRY_MS = 30000;
  const STALE_LIVE_S = 15, STALE_POLLING_S = 70;
  const PAUSED = "discador.paused";
  const pill = document.getElementById("connection"), pause = document.getElementById("pause-live");
  let source = null, live = false, retry = FIRST_RETRY_MS, timer = 0, heard = 0;
  let paused = localStorage.getItem(PAUSED) === "yes";

  const blocks = () => [...document.querySelectorAll("[data-live]")];
  const topicsOf = (block) => block.dataset.topics.split(" ");
  const refresh = (block) => htmx.trigger(block, "refresh");
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: document.documentElement.dataset.zone,
  });

  function show() {
    if (!pill) return;
    const state = paused ? "paused" : live ? "live" : heard || source ? "waiting" : "polling";
    if (pill.dataset.state === state) return;
    pill.dataset.state = state;
    pill.querySelector("[data-word]").textContent = pill.dataset[`${state}Word`];
    pill.firstElementChild.className = `state state-${{ live: "good", waiting: "attention", polling: "waiting", paused: "idle" }[state]}`;
    pause.setAttribute("aria-pressed", String(paused));
  }

  function connect() {
    clearTimeout(timer);
    const topics = [...new Set(blocks().flatMap(topicsOf))];
    if (source || paused || document.hidden || !topics.length) return;
    source = new EventSource(`/live?topics=${topics.join(",")}`);
    source.addEventListener("hello", () => {
      // Whatever happened while nobody listened is shown now.
      if (heard) blocks().forEach(refresh);
      live = true; heard = Date.now(); retry = FIRST_RETRY_MS; show();
    });
    source.addEventListener("news", (event) => told(JSON.parse(event.data)));
    source.addEventListener("sample", (event) => {
      document.dispatchEvent(new CustomEvent("discador:sample", { detail: JSON.parse(event.data) }));
    });
    source.addEventListener("bye", again);
    source.onerror = again;
    show();
  }

  function again() {
    disconnect();
    show();
    timer = setTimeout(connect, retry);
    retry = Math.min(retry * 2, LONGEST_RETRY_MS);
  }

  function disconnect() {
    if (source) source.close();
    source = null; live = false;
  }

  function told(news) {
    const changed = new Set(news.changed), checked = new Set(news.checked);
    for (const block of blocks()) {
      const topics = topicsOf(block);
      if (topics.some((topic) => changed.has(topic))) refresh(block);
      else if (topics.every((topic) => checked.has(topic))) stamp(block, news.at);
    }
  }

  // Nothing changed, as of now: only the moment is new.
  function stamp(block, at) {
    const age = block.querySelector("[data-age]");
    if (!age) return;
    age.dataset.age = at;
    const time = age.querySelector("time");
    if (time) { time.dateTime = at; time.textContent = clock.format(new Date(at)); }
  }

  function watchAges() {
    const limit = live ? STALE_LIVE_S : STALE_POLLING_S;
    for (const age of document.querySelectorAll("[data-age]")) {
      const stale = (Date.now() - Date.parse(age.dataset.age)) / 1000 > limit;
      const word = age.querySelector(".stale-word");
      if (word && word.hidden === stale) {
        word.hidden = !stale;
        age.closest("[data-live]")?.classList.toggle("is-stale", stale);
      }
    }
  }

  if (pause) {
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      localStorage.setItem(PAUSED, paused ? "yes" : "no");
      if (paused) { clearTimeout(timer); disconnect(); } else { connect(); blocks().forEach(refresh); }
      show();
    });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { clearTimeout(timer); disconnect(); } else connect();
  });
  window.addEventListener("pagehide", disconnect);
  setInterval(() => { if (!live && !paused && !document.hidden) blocks().forEach(refresh); }, POLL_MS);
  setInterval(watchAges, 1000);
  // The menu is open where there is room for it, and closed where it would cover the page.
  const rail = document.querySelector(".rail");
  if (rail && window.matchMedia("(max-width: 991px)").matches) rail.open = false;
  document.getElementById("faults")?.focus();
  connect();
  show();
})();
