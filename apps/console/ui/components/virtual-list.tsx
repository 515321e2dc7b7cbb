/**
 * A long list of rows of one height, of which only the visible ones are in the page.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const overscan = 12;

export function VirtualList(props: {
  count: number;
  rowHeight: number;
  label: string;
  row: (index: number) => JSX.Element;
  /** Stay at the end as rows come. */
  follow: boolean;
  /** The reader scrolled away from the end, or back to it. */
  onFollow: (follow: boolean) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  /** Keep this row in view. */
  reveal?: number | undefined;
}): JSX.Element {
  const { count, rowHeight, follow, reveal } = props;
  const host = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const total = count * rowHeight;

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = host.current;
    if (element !== null && follow) element.scrollTop = total;
  }, [follow, total, view.height]);

  useLayoutEffect(() => {
    const element = host.current;
    if (element === null || reveal === undefined) return;
    const top = reveal * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight;
    }
  }, [reveal]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - overscan);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + overscan);
  return (
    <div
      ref={host}
      class="virtual"
      // A scrolled region must be reachable by keys.
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={props.label}
      onKeyDown={props.onKeyDown}
      onWheel={(event) => {
        if (event.deltaY < 0) props.onFollow(false);
      }}
      onScroll={(event) => {
        const element = event.currentTarget;
        setView({ top: element.scrollTop, height: element.clientHeight });
        const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight;
        if (atEnd && !follow) props.onFollow(true);
      }}
    >
      <div style={{ height: `${total}px`, position: "relative" }}>
        <div style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, at) => props.row(first + at))}
        </div>
      </div>
    </div>
  );
}
