// Nothing may move under a wet finger: what is tapped must be what was aimed at.

/** How long what has moved or appeared takes no touch, in milliseconds (app.css: settle). */
const settleFor = 700;

/** settle waits until what has moved or appeared may be touched. */
export function settle(): Promise<void> {
  return new Promise((done) => setTimeout(done, settleFor));
}

/** steady keeps a block as high as it has been since it was shown or the screen was turned, so that nothing below it moves up. */
export function steady(block: HTMLElement): { destroy: () => void } {
  let width = 0;
  const watch = new ResizeObserver(() => {
    if (block.clientWidth !== width) {
      width = block.clientWidth;
      block.style.minHeight = '';
    }
    block.style.minHeight = `${block.getBoundingClientRect().height}px`;
  });
  watch.observe(block);
  return { destroy: () => watch.disconnect() };
}
