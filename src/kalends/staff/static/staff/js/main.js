// What the pages do besides links and forms, each in a module of its own. Pages work without any of it.

import "./keys.js";
import "./rows.js";
import "./dialogs.js";
import "./panel.js";
import "./toasts.js";
import "./failures.js";
import "./palette.js";
import "./copy.js";
