// The way through a list from record to record. A link out of a list carries the list along in its fragment: where it
// is, and the ids of its records as they stood, so that one who works through "Unpaid" does not lose the place when a
// record leaves it. The record's page moves that into its history entry: the address stays clean, and a reload, Back
// and a new tab keep the way, without any storage.

import { links } from "./rows.js";

const idOf = (pathname) => pathname.split("/").pop();
const withList = (address, ids) => `#${new URLSearchParams({ list: address, ids: ids.join(".") })}`;

// Lets a link of the page, if it leads to a record of the list on it, tell the list.
export function tellList(link) {
  const ids = links().map((each) => idOf(each.pathname));
  const first = links()[0];
  const folder = first?.pathname.slice(0, -idOf(first.pathname).length);
  if (folder && link.pathname === folder + idOf(link.pathname) && ids.includes(idOf(link.pathname))) {
    link.hash = withList(location.pathname + location.search, ids);
  }
}

for (const kind of ["pointerdown", "click"]) {
  document.addEventListener(kind, (event) => {
    const link = event.target.closest("a[href]") ?? event.target.closest("[data-rows] tr")?.querySelector("[data-row-link]");
    if (link) tellList(link);
  }, true);
}

// What the fragment says, if it names a list of this account's records of this object; nobody else's word is followed.
function told() {
  const words = new URLSearchParams(location.hash.slice(1));
  const ids = words.get("ids")?.split(".") ?? [];
  const folder = location.pathname.slice(0, -idOf(location.pathname).length);
  const address = words.get("list") ?? "";
  if (!ids.every((id) => /^\d+$/.test(id)) || !`${address}?`.startsWith(`${folder.slice(0, -1)}?`)) return null;
  return { address, ids };
}

// The list that the record on this page was opened from, with the addresses of the records before and after it.
export function neighbors() {
  const fresh = told();
  if (fresh) history.replaceState({ ...history.state, list: fresh }, "", location.pathname + location.search);
  const list = history.state?.list;
  const at = list?.ids.indexOf(idOf(location.pathname)) ?? -1;
  if (at < 0) return null;
  const address = (id) => id && `${location.pathname.slice(0, -idOf(location.pathname).length)}${id}${withList(list.address, list.ids)}`;
  return { list: list.address, before: address(list.ids[at - 1]), after: address(list.ids[at + 1]) };
}
