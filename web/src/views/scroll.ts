/** Distance from the end, in CSS pixels, within which a person counts as following the conversation. */
const NEAR_PX = 80;

/**
 * Keep the end of a list in view while its content or its size changes, unless the person has scrolled up to read.
 * @returns a function that scrolls to the end regardless
 */
export function followEnd(list: HTMLElement, signal: AbortSignal): () => void {
  let following = true;
  const goToEnd = () => {
    list.scrollTop = list.scrollHeight;
  };
  const keep = () => {
    if (following) goToEnd();
  };
  list.addEventListener(
    "scroll",
    () => {
      following = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
    },
    { signal, passive: true },
  );
  const sizes = new ResizeObserver(keep);
  sizes.observe(list);
  const children = new MutationObserver(keep);
  children.observe(list, { childList: true, subtree: true });
  signal.addEventListener("abort", () => {
    sizes.disconnect();
    children.disconnect();
  });
  return goToEnd;
}
