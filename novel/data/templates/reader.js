'use strict';
(() => {
  const root = document.documentElement;
  const rtl = root.dir === 'rtl';
  const pages = [...document.querySelectorAll('.page')];
  const flow = document.getElementById('flow');
  const narrow = flow.media;
  const tools = document.querySelector('.tools');
  const bar = document.querySelector('.guide-bar');
  const where = bar.querySelector('.where');
  const lamp = document.createElement('div');
  lamp.className = 'lamp';
  const lettering = Number(root.dataset.lettering) || 9;
  const READABLE = 13; // CSS pixels of lettering below which a panel is shown in parts.

  // What to look at: a page, a frame on it, the texts in the frame; rectangles in points.
  const steps = pages.flatMap((page) => {
    const [width, height] = page.dataset.size.split(' ').map(Number);
    return page.dataset.steps.split(';').map((text) => {
      const [frame, ...texts] = text.split(',').map((r) => r.split(' ').map(Number));
      return { page, width, height, frame, texts };
    });
  });

  // A step as one or more views: [x, y, scale], the view's centre on the page in points and pixels to the point.
  const views = (step) => {
    const wide = innerWidth * 0.98, high = (innerHeight - bar.offsetHeight) * 0.98;
    const [x, y, w, h] = step.frame;
    const fit = Math.min(wide / w, high / h);
    const whole = [[x + w / 2, y + h / 2, fit]];
    if (!step.texts.length || fit * lettering >= READABLE) return whole;
    const widest = Math.max(...step.texts.map((t) => t[2]));
    const tallest = Math.max(...step.texts.map((t) => t[3]));
    const scale = Math.max(fit, Math.min(READABLE / lettering, wide / widest, high / tallest));
    if (scale < fit * 1.15) return whole;
    // Texts that fit in one window together are seen together.
    const groups = [];
    for (const [tx, ty, tw, th] of step.texts) {
      const last = groups[groups.length - 1];
      const box = last && [Math.min(last[0], tx), Math.min(last[1], ty), Math.max(last[2], tx + tw), Math.max(last[3], ty + th)];
      if (box && box[2] - box[0] <= wide / scale && box[3] - box[1] <= high / scale) groups[groups.length - 1] = box;
      else groups.push([tx, ty, tx + tw, ty + th]);
    }
    const inside = (centre, from, length, window) =>
      window >= length ? from + length / 2 : Math.min(Math.max(centre, from + window / 2), from + length - window / 2);
    const parts = groups.map((g) => [
      inside((g[0] + g[2]) / 2, x, w, wide / scale), inside((g[1] + g[3]) / 2, y, h, high / scale), scale]);
    // What the windows leave unseen is shown first, in the whole panel.
    const left = Math.min(...parts.map((p) => p[0])) - wide / scale / 2, right = Math.max(...parts.map((p) => p[0])) + wide / scale / 2;
    const covered = (Math.min(right, x + w) - Math.max(left, x)) / w >= 0.75 && high / scale >= h * 0.75;
    return covered ? parts : [...whole, ...parts];
  };

  let at = -1, part = 0;
  const guided = () => at >= 0;

  const show = (glide) => {
    const step = steps[at];
    const list = views(step);
    part = Math.min(part, list.length - 1);
    const [cx, cy, scale] = list[part];
    const same = step.page.classList.contains('now');
    if (!same) {
      document.querySelector('.page.now')?.classList.remove('now', 'glide');
      step.page.classList.add('now');
    }
    step.page.classList.toggle('glide', glide && same);
    const high = innerHeight - bar.offsetHeight;
    step.page.style.transform =
      `translate(${innerWidth / 2 - cx * scale}px,${high / 2 - cy * scale}px) scale(${scale / 2})`;
    const [x, y, w, h] = step.frame;
    Object.assign(lamp.style, {
      left: `${(x / step.width) * 100}%`, top: `${(y / step.height) * 100}%`,
      width: `${(w / step.width) * 100}%`, height: `${(h / step.height) * 100}%`,
    });
    if (lamp.parentNode !== step.page) step.page.append(lamp);
    where.textContent = `${at + 1} / ${steps.length}`;
    remember(step.page.id, at);
  };

  const move = (by) => {
    const list = views(steps[at]);
    if (part + by >= 0 && part + by < list.length) part += by;
    else if (at + by >= 0 && at + by < steps.length) {
      at += by;
      part = by > 0 ? 0 : views(steps[at]).length - 1;
    } else if (by > 0) return leave();
    show(true);
  };

  const enter = (index) => {
    at = Math.max(0, Math.min(index, steps.length - 1));
    part = 0;
    flow.media = 'not all';
    root.classList.add('guided');
    bar.hidden = false;
    try {
      history.scrollRestoration = 'manual'; // On the way back the book opens at the panel that was left.
      history.pushState({ guided: true }, '');
    } catch { /* Not allowed everywhere; the button still closes. */ }
    show(false);
  };

  const close = () => {
    const page = steps[at].page;
    at = -1;
    page.classList.remove('now', 'glide');
    page.style.transform = '';
    lamp.remove();
    root.classList.remove('guided');
    bar.hidden = true;
    flow.media = narrow;
    page.scrollIntoView();
  };
  const leave = () => (history.state?.guided ? history.back() : close());
  addEventListener('popstate', () => {
    if (guided()) close();
    history.scrollRestoration = 'auto';
  });

  // The page that the reader looks at: the last that begins above the middle of the window.
  const current = () => {
    let found = 0;
    pages.forEach((page, index) => { if (page.getBoundingClientRect().top <= innerHeight / 2) found = index; });
    return found;
  };
  const first = (page) => Math.max(0, steps.findIndex((step) => step.page === page));

  // Where the panel is that holds a point of a page, in shares of the page.
  const stepAt = (page, across, down) => {
    const found = steps.findIndex(({ page: own, width, height, frame: [x, y, w, h] }) => own === page &&
      across * width >= x && across * width <= x + w && down * height >= y && down * height <= y + h);
    return found < 0 ? first(page) : found;
  };

  const turn = (by) => {
    const start = pages[current()].getBoundingClientRect().top;
    let index = current() + by;
    // Facing pages turn together.
    while (pages[index] && Math.abs(pages[index].getBoundingClientRect().top - start) < 2) index += by;
    if (by < 0) while (index > 0 && Math.abs(pages[index - 1].getBoundingClientRect().top - pages[index].getBoundingClientRect().top) < 2) index -= 1;
    pages[Math.max(0, Math.min(index, pages.length - 1))]?.scrollIntoView({ block: 'start' });
  };

  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const forward = rtl ? 'ArrowLeft' : 'ArrowRight', back = rtl ? 'ArrowRight' : 'ArrowLeft';
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const acts = guided()
      ? { [forward]: () => move(1), [back]: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
          PageDown: () => move(1), PageUp: () => move(-1), Enter: () => move(1), Home: () => { at = part = 0; show(false); },
          ' ': () => move(event.shiftKey ? -1 : 1), Escape: leave, g: leave,
          End: () => { at = steps.length - 1; part = 0; show(false); } }
      : { [forward]: () => turn(1), [back]: () => turn(-1), g: () => enter(first(pages[current()])),
          s: () => root.classList.toggle('one') };
    acts.f = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.());
    if (event.target.closest?.('button,summary,a') && (key === 'Enter' || key === ' ')) return;
    if (!acts[key]) return;
    event.preventDefault();
    acts[key]();
  });

  // A tap on the edge that was read already goes back, anywhere else goes on; a swipe turns as a page would.
  let touch = null;
  addEventListener('touchstart', (event) => { touch = event.touches.length === 1 ? event.touches[0] : null; }, { passive: true });
  addEventListener('touchend', (event) => {
    if (!guided() || !touch) return;
    const dx = event.changedTouches[0].clientX - touch.clientX, dy = event.changedTouches[0].clientY - touch.clientY;
    touch = null;
    if (Math.abs(dx) < 40 || Math.abs(dx) < Math.abs(dy)) return;
    event.preventDefault();
    move((dx < 0) !== rtl ? 1 : -1);
  });
  addEventListener('click', (event) => {
    if (!guided()) {
      // On a phone a tap on a picture shows it with its lettering.
      const art = matchMedia(narrow).matches && event.target.closest('.flows .art');
      if (!art) return;
      const style = getComputedStyle(art.closest('.panel'));
      const share = (name) => Number(style.getPropertyValue(name)) / 100 + 0.01;
      return enter(stepAt(art.closest('.page'), share('--x'), share('--y')));
    }
    if (event.target.closest('.guide-bar')) return;
    const share = event.clientX / innerWidth;
    move((rtl ? share > 0.7 : share < 0.3) ? -1 : 1);
  });
  addEventListener('dblclick', (event) => {
    const page = event.target.closest('.page');
    if (guided() || !page || event.target.closest('text') || matchMedia(narrow).matches) return;
    const box = page.getBoundingClientRect();
    enter(stepAt(page, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
  });
  addEventListener('resize', () => guided() && show(false));
  tools.querySelector('.guide').addEventListener('click', (event) => {
    event.stopPropagation();
    enter(first(pages[current()]));
  });
  bar.querySelector('.close').addEventListener('click', leave);

  // Where the reader was, for the next time. Storage may be forbidden; then the book opens at its beginning.
  const name = `novel:${document.title}`;
  const remember = (page) => { try { localStorage.setItem(name, page); } catch { /* Forbidden. */ } };
  let waiting = 0, before = 0;
  addEventListener('scroll', () => {
    // Whoever reads on needs no button in the way; it comes back on the way up and at the ends.
    const end = scrollY < 40 || scrollY + innerHeight > root.scrollHeight - 40;
    if (Math.abs(scrollY - before) > 8 || end) tools.classList.toggle('away', scrollY > before && !end);
    before = scrollY;
    clearTimeout(waiting);
    waiting = setTimeout(() => !guided() && remember(pages[current()]?.id ?? ''), 300);
  }, { passive: true });
  if (!location.hash) {
    let left = null;
    try { left = localStorage.getItem(name); } catch { /* Forbidden. */ }
    const page = left && left !== 'page-1' && pages.find((each) => each.id === left);
    if (page) page.scrollIntoView();
  }
  if (steps.length) {
    tools.hidden = false;
    root.classList.add('with-script');
  }
})();
