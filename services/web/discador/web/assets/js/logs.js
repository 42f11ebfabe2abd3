// Follows the log's end, unless the reader scrolled up to read.
(() => {
  "use strict";
  const end = () => { const log = document.getElementById("log"); if (log) log.scrollTop = log.scrollHeight; };
  let following = true;
  document.addEventListener("scroll", (event) => {
    const log = event.target;
    if (log.id === "log") following = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  }, true);
  document.addEventListener("htmx:after:swap", () => { if (following) end(); });
  end();
})();
