/* Keeps the click id of a tracking link on the brand's own site. Asks nobody, sets no cookie unless told to.

<script src="https://go.example.com/gs.js" defer data-hosts="shop.example.com"></script>

data-parameter    name of the click id in addresses, as in the campaign (gs_click)
data-hosts        hosts, with spaces between, whose links get the click id
data-cookie-days  keeps the click id in a first-party cookie for so many days; without it, until the tab is closed

Forms with the attribute data-groundswell send the click id in a hidden field. window.groundswell.clickId() tells it.
A visitor whose browser sends Global Privacy Control is not followed. */
(function () {
  "use strict";
  var script = document.currentScript;
  var told = (script && script.dataset) || {};
  var name = told.parameter || "gs_click";
  var hosts = (told.hosts || "").toLowerCase().split(/\s+/).filter(Boolean);
  var days = Math.min(Math.max(parseInt(told.cookieDays, 10) || 0, 0), 365);
  var shape = /^hit_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
  var held = null;

  function read() {
    try {
      held = held || sessionStorage.getItem(name);
    } catch (_) { /* storage is turned off */ }
    if (!held && days) {
      var found = document.cookie.split("; ").find(function (one) { return one.indexOf(name + "=") === 0; });
      held = found ? found.slice(name.length + 1) : null;
    }
    return shape.test(held || "") ? held : null;
  }

  function keep(id) {
    held = id;
    try {
      sessionStorage.setItem(name, id);
    } catch (_) { /* storage is turned off: it lasts as long as the page */ }
    if (days) {
      document.cookie = name + "=" + id + "; Max-Age=" + days * 86400 + "; Path=/; SameSite=Lax" +
        (location.protocol === "https:" ? "; Secure" : "");
    }
  }

  if (navigator.globalPrivacyControl !== true) {
    var given = new URLSearchParams(location.search).get(name);
    if (shape.test(given || "")) { keep(given); }
  }

  function onLink(event) {
    var link = event.target && event.target.closest ? event.target.closest("a[href]") : null;
    var id = link && read();
    if (!id || hosts.indexOf(link.host.toLowerCase()) < 0 || !/^https?:$/.test(link.protocol)) { return; }
    var url = new URL(link.href);
    url.searchParams.set(name, id);
    link.href = url.href;
  }

  function onForm(event) {
    var form = event.target, id = read();
    if (!id || !form.hasAttribute("data-groundswell")) { return; }
    var field = form.querySelector('input[type="hidden"][name="' + name + '"]') || document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = id;
    form.appendChild(field);
  }

  ["click", "auxclick"].forEach(function (kind) { document.addEventListener(kind, onLink, true); });
  document.addEventListener("submit", onForm, true);
  window.groundswell = { clickId: function () { return navigator.globalPrivacyControl === true ? null : read(); } };
})();
