// Nothing may move under a finger: a tap must hit the control that the user aimed at.

/** How long a control that moved or appeared ignores touches, in milliseconds (app.css: settle). */
const settleFor = 700;

/** settle waits until controls that moved or appeared accept touches. */
export function settle(): Promise<void> {
  return new Promise((done) => setTimeout(done, settleFor));
}

/** steady holds a block at its largest height since it was shown or the screen was turned, so that nothing below it moves up. */
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
