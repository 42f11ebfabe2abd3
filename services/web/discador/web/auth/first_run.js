// Takes the one-time token from behind the link's # into the form, and out of the address.
(() => {
  "use strict";
  const field = document.getElementById("f-token"), token = location.hash.slice(1);
  if (!field || !token) return;
  field.value = decodeURIComponent(token);
  history.replaceState(null, "", location.pathname);
})();
