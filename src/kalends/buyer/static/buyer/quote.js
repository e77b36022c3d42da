// A place to draw a signature. Without a script, or without a drawing, the typed name is the signature.
const place = document.querySelector("[data-signature]");
const kept = document.querySelector('input[name="drawn"]');
if (place && kept) {
  const pad = place.querySelector("canvas");
  const pen = pad.getContext("2d");
  place.hidden = false;
  pen.lineWidth = 3;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.strokeStyle = "#1c1822";
  let last = null;
  const at = event => {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height];
  };
  pad.addEventListener("pointerdown", event => {
    pad.setPointerCapture(event.pointerId);
    last = at(event);
  });
  pad.addEventListener("pointermove", event => {
    if (!last) return;
    const next = at(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
  });
  const rest = () => {
    if (last) kept.value = pad.toDataURL("image/png");
    last = null;
  };
  pad.addEventListener("pointerup", rest);
  pad.addEventListener("pointercancel", rest);
  place.querySelector("[data-clear]").addEventListener("click", () => {
    pen.clearRect(0, 0, pad.width, pad.height);
    kept.value = "";
  });
  kept.value = "";
}
