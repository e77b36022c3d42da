// What a list does besides links and forms. It works without any of this.

import "./index-select.js";
import "./index-finder.js";
import "./index-preview.js";
import "./index-filters.js";
import "./index-columns.js";
import "./index-tabs.js";
import "./neighbors.js";
