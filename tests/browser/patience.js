// A test clicks faster than any person can: before a page's scripts have run, or while htmx is still putting new
// content in place. A link then leads to the whole page instead of its dialog, which is right, and not what is meant to
// be tested. Such a click is done again once what it is for is ready.
(() => {
  const asks = "[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete]";
  const ready = (element) => {
    const asking = element.closest(asks);
    return (
      document.readyState === "complete" &&
      !element.closest(".htmx-added") &&
      (!asking || !window.htmx || "htmx-internal-data" in asking)
    );
  };
  const again = (element) => (ready(element) ? element.click() : setTimeout(again, 10, element));
  window.addEventListener(
    "click",
    (event) => {
      const element = event.target instanceof Element && event.target.closest("a, button");
      if (!event.isTrusted || !element || ready(element)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      again(element);
    },
    { capture: true },
  );
})();
