"use strict";
// Shows the book in a frame. A new one is loaded behind the old one, scrolled to the same place, and then takes over.
(() => {
  const problem = document.getElementById("problem");
  let shown = null, build = -1;
  function show(number) {
    const frame = document.createElement("iframe");
    frame.className = "coming";
    frame.title = "The book";
    frame.src = "/book?" + number;
    frame.addEventListener("load", () => {
      if (number !== build) { frame.remove(); return; }
      const old = shown;
      if (old) frame.contentWindow.scrollTo({ left: old.contentWindow.scrollX, top: old.contentWindow.scrollY, behavior: "instant" });
      frame.className = "";
      shown = frame;
      document.title = frame.contentDocument.title || document.title;
      document.body.dataset.build = String(number);
      if (old) old.remove();
    });
    document.body.insertBefore(frame, problem);
  }
  const news = new EventSource("/events");
  news.addEventListener("error", () => {
    // It asks again by itself. Who answers then may be another run, whose builds are counted from one.
    build = -1;
    problem.textContent = "novel watch doesn't answer: it has ended, or this page has lost it.";
  });
  news.addEventListener("message", (event) => {
    const state = JSON.parse(event.data);
    problem.textContent = state.problem;
    if (state.build > 0 && state.build !== build) {
      build = state.build;
      document.getElementById("wait").hidden = true;
      document.getElementById("wait").style.display = "none";
      show(build);
    }
  });
})();
