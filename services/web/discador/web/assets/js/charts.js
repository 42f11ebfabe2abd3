// Charts over the history that the service keeps, going on with the samples of the event stream. Drag zooms, a double
// click shows all again; each series can be switched off by its button.
(() => {
  "use strict";
  const HEIGHT = 210, MOST_POINTS = 1500;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const text = getComputedStyle(document.body).color;
  const root = document.documentElement;
  const number = new Intl.NumberFormat(root.lang, { maximumFractionDigits: 1 });
  const zone = (seconds) => uPlot.tzDate(new Date(seconds * 1000), root.dataset.zone);
  const sync = uPlot.sync("monitor");
  let span = "", charts = [];

  function build(holder, columns) {
    const buttons = [...holder.querySelectorAll("[data-series]")];
    const names = buttons.map((button) => button.dataset.series);
    const data = [columns.t, ...names.map((name) => columns[name] || columns.t.map(() => null))];
    const place = holder.querySelector(".chart");
    holder.hidden = false;
    const axis = { stroke: text, grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
    const plot = new uPlot({
      width: place.clientWidth || 300, height: HEIGHT, tzDate: zone,
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false } },
      scales: { y: { range: (_, low, high) => [0, Math.max(1, (high || 0) * 1.1)] } },
      axes: [{ ...axis, values: (_, splits) => splits.map((at) => clock(at, splits[1] - splits[0] < 60)) }, { ...axis, size: 56, values: (_, splits) => splits.map((value) => number.format(value)) }],
      series: [{}, ...buttons.map((button) => ({
        label: button.dataset.series, stroke: colour(button.dataset.hue), width: 2, spanGaps: false, points: { show: false },
        dash: button.dataset.dash ? button.dataset.dash.split(" ").map(Number) : undefined,
        show: button.getAttribute("aria-pressed") === "true",
      }))],
      hooks: { setCursor: [(u) => values(u, buttons, u.cursor.idx)] },
    }, data, place);
    buttons.forEach((button, position) => {
      button.querySelector("svg").style.color = colour(button.dataset.hue);
      button.onclick = () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        plot.setSeries(position + 1, { show: on });
      };
    });
    values(plot, buttons, null);
    return { plot, names, data, buttons, place };
  }

  // What the cursor points at; without one, the newest.
  function values(plot, buttons, index) {
    buttons.forEach((button, position) => {
      const column = plot.data[position + 1];
      const value = column[index ?? column.length - 1];
      button.querySelector("[data-value]").textContent = value == null ? "—" : number.format(value);
    });
  }

  const formats = [undefined, "2-digit"].map((second) => new Intl.DateTimeFormat(root.lang, {
    hour: "2-digit", minute: "2-digit", second, hour12: false, timeZone: root.dataset.zone,
  }));
  const clock = (seconds, fine) => formats[Number(fine)].format(new Date(seconds * 1000));

  async function load() {
    const answer = await fetch(`/monitor/history.json?span=${span}`);
    if (!answer.ok) return;
    const columns = await answer.json();
    charts.forEach((chart) => chart.plot.destroy());
    charts = [...document.querySelectorAll("[data-chart]")].map((holder) => build(holder, columns));
  }

  document.addEventListener("discador:sample", (event) => {
    if (span) return; // a day's minute comes with the next look
    for (const { plot, names, data, buttons } of charts) {
      if (data[0].length && event.detail.t <= data[0][data[0].length - 1]) continue;
      data[0].push(event.detail.t);
      names.forEach((name, position) => data[position + 1].push(event.detail[name] ?? null));
      if (data[0].length > MOST_POINTS) data.forEach((column) => column.shift());
      const zoomed = data[0].length > 2 && plot.scales.x.max < data[0][data[0].length - 2];
      plot.setData(data, !zoomed);
      if (plot.cursor.idx == null) values(plot, buttons, null);
    }
  });
  const spans = document.getElementById("spans");
  spans.hidden = false;
  spans.addEventListener("click", (event) => {
    const button = event.target.closest("[data-span]");
    if (!button) return;
    span = button.dataset.span;
    spans.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    load();
  });
  setInterval(() => { if (span) load(); }, 60000);
  new ResizeObserver(() => charts.forEach(({ plot, place }) => {
    if (place.clientWidth && place.clientWidth !== plot.width) plot.setSize({ width: place.clientWidth, height: HEIGHT });
  })).observe(document.getElementById("main"));
  load();
})();
