/**
 * Who uses whom: the Plan's edges with what goes along them now.
 *
 * @module
 */
import { Graph, layout } from "@dagrejs/dagre";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { EdgeRate } from "../../src/edge-rates.ts";
import type { Overview } from "../../src/overview.ts";
import { getJson } from "../api.ts";
import { Empty } from "../components/basics.tsx";
import { formatMs, formatRate } from "../format.ts";
import { overview } from "../live.ts";
import { navigate, partPath } from "../router.ts";
import { stateText, toneOf } from "../states.ts";
import { Waiting } from "./overview.tsx";

interface GraphAnswer {
  readonly edges: readonly EdgeRate[];
  readonly windowMs: number;
}

interface NodeView {
  readonly id: string;
  readonly kind: "part" | "store" | "stream" | "external" | "clients";
  readonly x: number;
  readonly y: number;
}

interface EdgeView {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly path: string;
  readonly labelX: number;
  readonly labelY: number;
}

interface Layout {
  readonly nodes: readonly NodeView[];
  readonly edges: readonly EdgeView[];
  readonly width: number;
  readonly height: number;
}

const nodeWidth = 172;
const nodeHeight = 62;
const clients = "clients";

export function GraphPage(): JSX.Element {
  const seen = overview.value;
  const answer = useGraph(seen?.nowMs);
  const gateways = seen?.parts.filter((each) => each.kind === "gateway").map(({ name }) => name);
  const shape = JSON.stringify([answer?.edges.map((each) => [each.from, each.to]), gateways]);
  const placed = useMemo(
    () => (answer === undefined ? undefined : place(answer.edges, gateways ?? [])),
    [shape],
  );
  if (seen === undefined || answer === undefined || placed === undefined) return <Waiting />;
  return (
    <div class="page fixed">
      <header class="page-head">
        <h1>Graph</h1>
        <span class="muted">Who may call whom, with calls a second over the last minute</span>
      </header>
      <section class="panel graph" aria-label="Graph of the system">
        {answer.edges.length === 0 ? (
          <Empty icon="graph" title="Nothing uses anything">
            <p>Edges appear where a part's definition names others in its uses.</p>
          </Empty>
        ) : (
          <Drawing placed={placed} rates={answer.edges} seen={seen} />
        )}
      </section>
    </div>
  );
}

/** Asks again whenever the overview is new. */
function useGraph(nowMs: number | undefined): GraphAnswer | undefined {
  const [answer, setAnswer] = useState<GraphAnswer>();
  const asking = useRef(false);
  useEffect(() => {
    if (asking.current) return;
    asking.current = true;
    getJson<GraphAnswer>("/api/graph")
      .then(setAnswer)
      .catch(() => undefined)
      .finally(() => {
        asking.current = false;
      });
  }, [nowMs]);
  return answer;
}

function place(rates: readonly EdgeRate[], gateways: readonly string[]): Layout {
  const graph = new Graph({ multigraph: false });
  graph.setGraph({ rankdir: "LR", nodesep: 34, ranksep: 44, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  const kinds = new Map<string, NodeView["kind"]>();
  for (const { from, to, kind } of rates) {
    if (!kinds.has(from)) kinds.set(from, "part");
    kinds.set(to, kind);
  }
  for (const gateway of gateways) kinds.set(gateway, "part");
  if (gateways.length > 0) kinds.set(clients, clients);
  for (const id of kinds.keys()) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  const pairs = [
    ...gateways.map((gateway) => ({ from: clients, to: gateway })),
    ...rates.map(({ from, to }) => ({ from, to })),
  ];
  for (const { from, to } of pairs) {
    graph.setEdge(from, to, { width: 46, height: 16, labelpos: "c" });
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: [...kinds].map(([id, kind]) => {
      const { x = 0, y = 0 } = graph.node(id);
      return { id, kind, x, y };
    }),
    edges: pairs.map(({ from, to }) => {
      const edge = graph.edge(from, to);
      const { x: labelX = 0, y: labelY = 0, points = [] } = edge;
      const path = smooth(betweenSides(points, graph.node(from), graph.node(to)));
      return { id: `${from} ${to}`, from, to, path, labelX, labelY };
    }),
  };
}

interface Point {
  readonly x?: number | undefined;
  readonly y?: number | undefined;
}

/** From the right side's middle to the left side's middle, whatever corners the layout chose. */
function betweenSides(points: readonly Point[], from: Point, to: Point): readonly Point[] {
  const backwards = (from.x ?? 0) > (to.x ?? 0);
  const side = (backwards ? -1 : 1) * (nodeWidth / 2);
  const start = { x: (from.x ?? 0) + side, y: from.y };
  const end = { x: (to.x ?? 0) - side, y: to.y };
  return [start, ...points.slice(1, -1), end];
}

/** A curve through the layout's points, horizontal at both ends. */
function smooth(points: readonly Point[]): string {
  const [first, ...rest] = points.map(({ x = 0, y = 0 }) => ({ x, y }));
  if (first === undefined) return "";
  let path = `M${first.x.toFixed(1)} ${first.y.toFixed(1)}`;
  let last = first;
  for (const point of rest) {
    const middle = (last.x + point.x) / 2;
    const bend = middle.toFixed(1);
    const [fromY, x, y] = [last.y, point.x, point.y].map((each) => each.toFixed(1));
    path += `C${bend} ${fromY} ${bend} ${y} ${x} ${y}`;
    last = point;
  }
  return path;
}

function Drawing(props: {
  placed: Layout;
  rates: readonly EdgeRate[];
  seen: Overview;
}): JSX.Element {
  const { placed, rates, seen } = props;
  const [near, setNear] = useState<string>();
  const byPair = new Map(rates.map((each) => [`${each.from} ${each.to}`, each]));
  return (
    <svg
      viewBox={`0 0 ${placed.width} ${placed.height}`}
      preserveAspectRatio="xMidYMid meet"
      style={{ maxWidth: `${placed.width * 1.15}px` }}
      role="group"
      aria-label="Parts, stores, streams and externals"
    >
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0.5 0.8l6.5 3.2l-6.5 3.2z" class="graph-arrow" />
        </marker>
      </defs>
      {placed.edges.map((edge) => (
        <EdgeLine
          key={edge.id}
          edge={edge}
          rate={edge.from === clients ? gatewayRate(edge.to, seen) : byPair.get(edge.id)}
          faded={near !== undefined && near !== edge.from && near !== edge.to}
        />
      ))}
      {placed.edges.map((edge) => (
        <EdgeLabel
          key={edge.id}
          edge={edge}
          rate={edge.from === clients ? gatewayRate(edge.to, seen) : byPair.get(edge.id)}
          faded={near !== undefined && near !== edge.from && near !== edge.to}
        />
      ))}
      {placed.nodes.map((node) => (
        <NodeCard key={node.id} node={node} seen={seen} onNear={setNear} />
      ))}
    </svg>
  );
}

type Rate = Pick<EdgeRate, "perSecond" | "errorRatio">;

function gatewayRate(name: string, seen: Overview): Rate {
  const now = seen.parts.find((each) => each.name === name)?.now;
  return { perSecond: now?.requestsPerSecond ?? null, errorRatio: now?.errorRatio ?? null };
}

interface EdgeProps {
  readonly edge: EdgeView;
  readonly rate: Rate | undefined;
  /** Another node is in focus, and this edge is not one of its own. */
  readonly faded: boolean;
}

/** Drawn after all lines, so that none runs through a figure. */
function EdgeLabel({ edge, rate, faded }: EdgeProps): JSX.Element | null {
  const perSecond = rate?.perSecond ?? 0;
  if (perSecond === 0) return null;
  return (
    <text x={edge.labelX} y={edge.labelY + 4} class="graph-label" opacity={faded ? 0.18 : 1}>
      {formatRate(perSecond)}/s
    </text>
  );
}

function EdgeLine(props: EdgeProps): JSX.Element {
  const { edge, faded } = props;
  const perSecond = props.rate?.perSecond ?? null;
  const flows = perSecond !== null && perSecond > 0;
  const failing = flows && (props.rate?.errorRatio ?? 0) > 0.05;
  const width = flows ? 1.2 + Math.min(2.4, Math.log10(1 + perSecond) * 1.2) : 1.2;
  const classes = ["graph-edge", flows ? "flows" : "", failing ? "failing" : ""];
  return (
    <g class={classes.join(" ")} opacity={faded ? 0.18 : 1}>
      <title>{`${edge.from} → ${edge.to}`}</title>
      <path d={edge.path} stroke-width={width} marker-end="url(#arrow)" class="graph-line" />
      {flows ? <path d={edge.path} stroke-width={width} class="graph-flow" /> : null}
    </g>
  );
}

interface NodeFacts {
  readonly state: string;
  readonly about: string;
  readonly figures: string;
  readonly open: string | undefined;
}

function NodeCard(props: {
  node: NodeView;
  seen: Overview;
  onNear: (id: string | undefined) => void;
}): JSX.Element {
  const { node, seen, onNear } = props;
  const facts = factsOf(node, seen);
  const { open } = facts;
  const left = node.x - nodeWidth / 2;
  const top = node.y - nodeHeight / 2;
  const tone = facts.state === "" ? "off" : toneOf(facts.state);
  const label = [node.id, facts.about, facts.state === "" ? "" : stateText(facts.state)];
  return (
    // It is a link where it opens something.
    <g
      class={`graph-node kind-${node.kind} tone-${tone}${open === undefined ? "" : " opens"}`}
      transform={`translate(${left} ${top})`}
      tabIndex={open === undefined ? undefined : 0}
      role={open === undefined ? "img" : "link"}
      aria-label={label.filter((each) => each !== "").join(", ")}
      onClick={() => open !== undefined && navigate(open)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && open !== undefined) navigate(open);
      }}
      onMouseEnter={() => onNear(node.id)}
      onMouseLeave={() => onNear(undefined)}
      onFocus={() => onNear(node.id)}
      onBlur={() => onNear(undefined)}
    >
      <rect width={nodeWidth} height={nodeHeight} rx="9" class="graph-box" />
      <circle cx="17" cy="20" r="4" class="graph-state" />
      <text x="29" y="24.5" class="graph-name">
        {node.id}
      </text>
      <text x={nodeWidth - 12} y="24.5" class="graph-about" text-anchor="end">
        {facts.about}
      </text>
      <text x="13" y="48" class="graph-figures">
        {facts.figures}
      </text>
    </g>
  );
}

function factsOf(node: NodeView, seen: Overview): NodeFacts {
  const part = seen.parts.find((each) => each.name === node.id);
  if (part !== undefined) {
    const { now } = part;
    return {
      state: part.state,
      about: `${part.ready}/${part.wanted}`,
      figures:
        part.state === "ready" || part.state === "degraded"
          ? `${formatRate(now?.requestsPerSecond)} req/s   p95 ${formatMs(now?.p95Ms)}`
          : stateText(part.state),
      open: partPath(part.name),
    };
  }
  const store = seen.stores.find((each) => each.name === node.id);
  if (store !== undefined) {
    return {
      state: store.state,
      about: "",
      figures: `${store.engine} ${store.kind}`,
      open: undefined,
    };
  }
  if (node.kind === clients) {
    return { state: "", about: "", figures: "Outside the system", open: undefined };
  }
  const mailbox = node.id === "smtp";
  return {
    state: "",
    about: "",
    figures: mailbox ? "External, caught here" : "External",
    open: mailbox ? "/mailbox" : undefined,
  };
}
