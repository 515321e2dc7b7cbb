/**
 * XAI: nodes of a proof-of-work chain, each with its own disk and key.
 *
 * P2P on 8545, JSON-RPC on 8546, WebSocket on 8547, metrics on 9090. Peers connect to the nodes
 * themselves; people reach JSON-RPC and WebSocket only through the gateway, which limits and
 * signs in. Nodes scale on work that falls when there are more of them: CPU, memory and waiting
 * transactions, but neither on peers nor on lag.
 */
import {
  alert,
  basic,
  conservative,
  containerCpuSecondsTotal,
  containerLimits,
  containerMemoryBytes,
  cpu,
  daily,
  dashboard,
  defineSystem,
  environment,
  gateway,
  http,
  httpProbe,
  httpRequestsTotal,
  load,
  memory,
  metric,
  namespace,
  node,
  objective,
  ops,
  panel,
  partitioned,
  peers,
  pool,
  postgres,
  privateKey,
  promql,
  resources,
  route,
  type ScalePolicy,
  secret,
  series,
  stateful,
  supplied,
  tcp,
  tcpProbe,
  up,
  volume,
  volumeCapacityBytes,
  volumeUsedBytes,
  websocket,
} from "@ashlar/model";
import { nodeConfig } from "./config.ts";
import { nodeMetrics } from "./metrics.ts";

const space = namespace("xai", { tier: "application" });

const machines = pool("chain", { cpu: "4", memory: "8Gi", min: 3, max: 12 });

const nodeKeys = secret("node-keys", {
  summary: "Identity and mining reward key; each node has its own.",
  keys: { identity: privateKey("secp256k1") },
  perReplica: true,
});
const apiKeys = secret("api-keys", {
  summary: "Keys of the explorers and exchanges that the node reports to.",
  keys: { explorer: supplied({ local: "local-explorer" }) },
  rotation: "180d",
});

const edgeState = postgres("edge-state", {
  summary: "Accounts of JSON-RPC users, hashed, and exact rate limits.",
  storage: "5Gi",
  backup: daily({ at: "01:30" }),
});

/** Half of them or two, whichever is more, a minute. */
const growth: ScalePolicy = {
  stabilization: "60s",
  select: "max",
  steps: [
    { percent: 50, period: "60s" },
    { replicas: 2, period: "60s" },
  ],
};
/** Half of them or one, whichever is less, in two minutes. */
const decline: ScalePolicy = {
  ...conservative,
  steps: [
    { percent: 50, period: "120s" },
    { replicas: 1, period: "120s" },
  ],
};

const nodes = stateful("nodes", {
  summary: "Keep the chain, mine, and answer JSON-RPC.",
  program: node("@ashlar/ledger-node", { args: ["--consensus", "proof-of-work"] }),
  ports: {
    p2p: tcp(8545, { exposure: "public" }),
    http: http(8546),
    ws: websocket(8547),
    ops: ops(9090),
  },
  uses: [peers("p2p")],
  config: nodeConfig,
  secrets: [nodeKeys.keys.identity, apiKeys.keys.explorer],
  metrics: nodeMetrics,
  start: "parallel",
  quorum: "majority",
  disruption: { maxUnavailable: 1 },
  rollout: partitioned({ waves: [2, 1, 0], minReady: "30s" }),
  scale: {
    min: 3,
    max: 10,
    on: [cpu(70), memory(75), metric(nodeMetrics.mempool, { perReplica: 500 })],
    up: growth,
    down: decline,
  },
  resources: resources({ cpu: "1", cpuLimit: "2", memory: "2Gi", memoryLimit: "4Gi" }),
  volumes: [
    volume("chain", {
      path: "/data",
      size: "100Gi",
      storageClass: "fast-ssd",
      backup: daily({ at: "03:00", keepDays: 7, keepWeeks: 4, keepMonths: 3 }),
    }),
  ],
  probes: {
    // Reading the chain from disk takes minutes.
    startup: httpProbe("ops", "/healthz", { period: "5s", failures: 240 }),
    readiness: httpProbe("ops", "/readyz"),
    liveness: tcpProbe("p2p", { period: "15s", timeout: "5s" }),
  },
  placement: { priority: "critical", pool: machines },
  stop: { grace: "60s", drain: "10s" },
});

const accounts = basic();

const rpcCall = route("json-rpc", "/", nodes.ports.http, {
  methods: ["POST"],
  access: accounts,
  rateLimits: [{ by: "consumer", requests: 100, window: "1s" }],
  bodyMax: "256Ki",
});

const edge = gateway("edge", {
  summary: "JSON-RPC and subscriptions for people, limited and signed in.",
  ports: { http: http(8080, { exposure: "public" }), ops: ops(9091) },
  hosts: ["rpc.xai.example.com"],
  sharedState: edgeState,
  cors: { origins: ["https://wallet.xai.example.com"] },
  scale: { min: 2, max: 6, on: [cpu(70)] },
  routes: [
    rpcCall,
    route("subscriptions", "/ws", nodes.ports.ws, {
      access: accounts,
      rateLimits: [{ by: "consumer", requests: 10, window: "1s" }],
    }),
    route("health", "/health", nodes.ports.http, {
      methods: ["GET"],
      cache: { ttl: "5s" },
      rateLimits: [{ by: "ip", requests: 10, window: "1s" }],
    }),
  ],
});

const availability = objective("availability", {
  summary: "JSON-RPC answers.",
  part: edge,
  good: promql`rate(${httpRequestsTotal}{part="edge",status!~"5.."}[5m])`,
  total: promql`rate(${httpRequestsTotal}{part="edge"}[5m])`,
  target: 0.999,
});
const latency = objective("rpc-latency", {
  summary: "JSON-RPC calls are answered by a node within 200 ms.",
  part: nodes,
  latency: nodeMetrics.rpcSeconds,
  threshold: "200ms",
  target: 0.95,
});

const alerts = [
  alert("NodeDown", {
    summary: "A node cannot be scraped.",
    runbook: "kubectl describe pod; look for a full disk before restarting anything.",
    when: promql`${series(up, { part: nodes })} == 0`,
    for: "2m",
    severity: "critical",
  }),
  alert("PeersFew", {
    summary: "A node has fewer than two peers.",
    runbook: "Check the network policy and the public address of 8545.",
    when: promql`sum by (instance) (${nodeMetrics.peers}) < 2`,
    for: "5m",
    severity: "warning",
  }),
  alert("NoBlocks", {
    summary: "No block was accepted for ten minutes.",
    runbook: "Compare heights and difficulty of all nodes; look for a partition.",
    when: promql`sum(increase(${nodeMetrics.blocks}{outcome="accepted"}[10m])) == 0`,
    for: "1m",
    severity: "critical",
  }),
  alert("NetworkPartition", {
    summary: "Fewer than two nodes are up.",
    runbook: "Treat as an outage: restore the nodes before accepting transactions.",
    when: promql`sum(${series(up, { part: nodes })}) < 2`,
    for: "1m",
    severity: "critical",
  }),
  alert("SyncLag", {
    summary: "A node is more than ten blocks behind its peers.",
    runbook: "Look at CPU and disk of that node; a new node is behind until it has caught up.",
    when: promql`${nodeMetrics.syncLagBlocks} > 10`,
    for: "15m",
  }),
  alert("MemoryHigh", {
    summary: "A node uses more than nine tenths of its memory.",
    runbook: "Raise the limit or lower MEMPOOL_MAX.",
    when: promql`${series(containerMemoryBytes, { container: "nodes" })}
      / ${series(containerLimits, { container: "nodes", resource: "memory" })} > 0.9`,
    for: "10m",
  }),
  alert("CpuHigh", {
    summary: "A node uses more than nine tenths of its CPU.",
    runbook: "See whether scaling has reached its maximum; consider mining on fewer nodes.",
    when: promql`rate(${series(containerCpuSecondsTotal, { container: "nodes" })}[5m])
      / ${series(containerLimits, { container: "nodes", resource: "cpu" })} > 0.9`,
    for: "10m",
  }),
  alert("DiskNearlyFull", {
    summary: "A chain disk is 95 % full.",
    runbook: "Grow the volume of all nodes in the definition; then prune.",
    when: promql`${volumeUsedBytes} / ${volumeCapacityBytes} > 0.95`,
    for: "5m",
    severity: "critical",
  }),
];

const overview = dashboard("chain", {
  title: "XAI chain",
  panels: [
    panel("Height", {
      unit: "count",
      queries: { height: promql`max by (instance) (${nodeMetrics.blockHeight})` },
    }),
    panel("Blocks", {
      unit: "perSecond",
      queries: { blocks: promql`sum by (outcome) (rate(${nodeMetrics.blocks}[5m]))` },
    }),
    panel("Transactions", {
      unit: "perSecond",
      queries: { accepted: promql`sum(rate(${nodeMetrics.transactions}[5m]))` },
    }),
    panel("Waiting transactions", {
      unit: "count",
      queries: { mempool: promql`max(${nodeMetrics.mempool})` },
    }),
    panel("Peers", {
      unit: "count",
      queries: { peers: promql`sum by (direction) (${nodeMetrics.peers})` },
    }),
    panel("Difficulty", {
      unit: "count",
      queries: { difficulty: promql`max(${nodeMetrics.difficulty})` },
    }),
    panel("Lag", {
      unit: "count",
      queries: { blocks: promql`max by (instance) (${nodeMetrics.syncLagBlocks})` },
    }),
  ],
});

const rpcLoad = load("rpc", {
  target: edge,
  stages: [
    { for: "1m", perSecond: 100 },
    { for: "5m", perSecond: 100 },
    { for: "30s", perSecond: 0 },
  ],
  mix: [
    {
      route: rpcCall,
      weight: 1,
      body: '{"jsonrpc":"2.0","id":1,"method":"xai_blockNumber","params":[]}',
    },
  ],
});

export default defineSystem({
  name: "xai",
  summary: "Nodes of a proof-of-work chain with JSON-RPC and subscriptions.",
  owner: { team: "chain", email: "chain@example.com" },
  namespaces: [space],
  pools: [machines],
  parts: [nodes, edge],
  stores: [edgeState],
  secrets: [nodeKeys, apiKeys],
  objectives: [availability, latency],
  alerts,
  dashboards: [overview],
  loads: [rpcLoad],
  environments: {
    dev: environment({
      scale: { nodes: { min: 1, max: 1 }, edge: { min: 1, max: 1 } },
      volumes: { nodes: { chain: "5Gi" } },
      config: { nodes: { blockMs: "10s" } },
    }),
    small: environment({}),
    large: environment({
      scale: { nodes: { min: 5, max: 10 }, edge: { min: 3, max: 12 } },
      resources: { nodes: { cpu: "2", cpuLimit: "4", memory: "4Gi", memoryLimit: "6Gi" } },
      volumes: { nodes: { chain: "200Gi" } },
      stores: { "edge-state": { realization: "operator", replicas: 3 } },
    }),
  },
});
