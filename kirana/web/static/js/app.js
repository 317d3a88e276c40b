// The one module that pages load. Each part binds itself by data- attributes and leaves plain
// forms and links working where it is not there.
import "./theme.js";
import "./search.js";
import "./suggest.js";
import "./basket.js";
import "./filters.js";
import "./confirm.js";
import "./dialog.js";
import "./forms.js";
import "./toast.js";

if (document.querySelector("[data-job][data-active]")) import("./job-progress.js");
if (document.querySelector("[data-file-drop]")) import("./file-drop.js");
if (document.querySelector("[data-new-password]")) import("./new-password.js");
if (document.querySelector("[data-bulk]")) import("./bulk.js");
if (document.querySelector("[data-passkey]")) import("./passkeys.js");
if (document.querySelector("[data-codes]")) import("./codes.js");
if (document.querySelector("[data-heart]")) import("./heart.js");
if (document.querySelector("[data-hold-left]")) import("./hold.js");
if (document.querySelector("[formaction=\"/checkout/draft\"]")) import("./checkout.js");
