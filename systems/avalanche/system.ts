/**
 * Avalanche: a Snowman ledger, split by role.
 *
 * Consensus decides blocks, the VM manager executes them, validators vote, the P2P daemons speak
 * to the network outside, and the indexer answers questions about the past. One gateway is the way
 * in. The machine's own network is used by the P2P daemon alone, in a namespace of its own, so
 * that all others stay restricted.
 */
import {
  alert,
  blueGreen,
  bucket,
  canary,
  certificate,
  cpu,
  daemon,
  daily,
  dashboard,
  defineSystem,
  environment,
  gateway,
  grpc,
  http,
  httpRequestsTotal,
  job,
  jwtIssuer,
  load,
  memory,
  metric,
  namespace,
  node,
  none,
  objective,
  ops,
  panel,
  partitioned,
  peers,
  pool,
  postgres,
  privateKey,
  promql,
  queue,
  redis,
  resources,
  rolling,
  route,
  secret,
  series,
  service,
  stateful,
  stream,
  tcp,
  tcpProbe,
  udp,
  up,
  use,
  volume,
  waiver,
} from "@ashlar/model";
import { backfillConfig, consensusConfig, networkConfig, stateConfig, vmConfig } from "./config.ts";
import {
  consensusMetrics,
  indexerMetrics,
  networkMetrics,
  validatorMetrics,
  vmMetrics,
} from "./metrics.ts";

const core = namespace("avalanche-core", { tier: "core" });
const network = namespace("avalanche-network", { tier: "network" });
const hostNetwork = namespace("avalanche-p2p", { tier: "host-network" });
const storage = namespace("avalanche-storage", { tier: "storage" });

const consensusMachines = pool("consensus", {
  cpu: "16",
  memory: "32Gi",
  min: 3,
  max: 10,
  labels: { workload: "consensus" },
});
const storageMachines = pool("storage", {
  cpu: "8",
  memory: "61Gi",
  min: 3,
  max: 6,
  labels: { workload: "storage" },
});
const networkMachines = pool("network", {
  cpu: "8",
  memory: "21Gi",
  min: 2,
  max: 8,
  labels: { workload: "networking" },
});

const stateDb = postgres("state-db", {
  summary: "Accounts, contracts and assets of accepted blocks.",
  namespace: storage,
  storage: "100Gi",
  storageClass: "fast-ssd",
  maxConnections: 300,
  resources: resources({ cpu: "1", cpuLimit: "2", memory: "4Gi", memoryLimit: "8Gi" }),
  backup: daily({ at: "02:00" }),
});
const blockDb = postgres("block-db", {
  summary: "Accepted blocks, receipts and the indexes over them.",
  namespace: storage,
  storage: "200Gi",
  storageClass: "fast-ssd",
  maxConnections: 200,
  resources: resources({ cpu: "1", cpuLimit: "2", memory: "4Gi", memoryLimit: "8Gi" }),
  backup: daily({ at: "02:30" }),
});
const cache = redis("cache", {
  summary: "Hot state for reads; rebuilt from the state database.",
  namespace: storage,
  resources: resources({ cpu: "200m", cpuLimit: "500m", memory: "512Mi", memoryLimit: "1Gi" }),
});
const vmImages = bucket("vm-images", {
  summary: "Code of registered virtual machines.",
  namespace: storage,
  backup: none("versions in the bucket are never overwritten and are kept by the provider"),
});

const accepted = stream("accepted", {
  kind: "log",
  summary: "Accepted blocks in order.",
  namespace: storage,
  partitions: 1,
  retention: "7d",
  maxEventSize: "1Mi",
});
const inbox = queue("peer-messages", {
  summary: "Messages of peers on their way to consensus.",
  namespace: storage,
  partitions: 16,
  retention: "1h",
});

const staking = secret("staking", {
  summary: "Identity of a validator; each has its own.",
  namespace: core,
  keys: { key: privateKey("secp256k1"), cert: certificate(["validator.avalanche.local"]) },
  perReplica: true,
});
const tokens = secret("tokens", {
  summary: "Signs access tokens.",
  namespace: core,
  keys: { signing: privateKey("ed25519") },
  rotation: "90d",
});

const validator = stateful("validator", {
  summary: "Votes in polls with its own stake.",
  namespace: core,
  program: node("@ashlar/ledger-node", { args: ["--role", "validator"] }),
  ports: { grpc: grpc(9090), ops: ops(9091) },
  uses: [peers("grpc")],
  config: consensusConfig,
  secrets: [staking.keys.key, staking.keys.cert],
  metrics: validatorMetrics,
  start: "parallel",
  quorum: "majority",
  scale: { min: 5 },
  rollout: partitioned({ waves: [4, 2, 0], minReady: "30s" }),
  resources: resources({ cpu: "1", memory: "2Gi", memoryLimit: "4Gi" }),
  volumes: [
    volume("votes", {
      path: "/var/lib/validator",
      size: "10Gi",
      storageClass: "fast-ssd",
      backup: daily({ at: "04:00", keepWeeks: 4, keepMonths: 0 }),
    }),
  ],
  placement: { priority: "critical", pool: consensusMachines, antiAffinity: "required" },
});

const chainManager = service("chain-manager", {
  summary: "Knows chains, their parents and their tips.",
  namespace: core,
  program: node("@ashlar/ledger-node", { args: ["--role", "chain-manager"] }),
  ports: { http: http(8082), ops: ops(9091) },
  uses: [blockDb, accepted.publish],
  config: stateConfig,
  placement: { priority: "critical", pool: consensusMachines },
});

const vmManager = service("vm-manager", {
  summary: "Runs the platform, contract and asset virtual machines.",
  namespace: core,
  program: node("@ashlar/ledger-node", { args: ["--role", "vm-manager"] }),
  ports: { http: http(8081), ops: ops(9091) },
  uses: [stateDb, cache, vmImages],
  config: vmConfig,
  metrics: vmMetrics,
  scale: { min: 2, max: 10, on: [cpu(70), memory(80)] },
  resources: resources({ cpu: "1", cpuLimit: "2", memory: "2Gi", memoryLimit: "4Gi" }),
  // Code comes from the bucket; a disk for all replicas would have been no replica's own.
  volumes: [volume("vms", { path: "/var/lib/vms", size: "20Gi", scope: "scratch" })],
  rollout: canary({
    steps: [
      { weightPercent: 10, pause: "1m" },
      { weightPercent: 20, pause: "1m" },
      { weightPercent: 50, pause: "2m" },
      { weightPercent: 100, pause: "0s" },
    ],
  }),
  placement: { priority: "high", pool: consensusMachines },
});

const consensus = service("consensus", {
  summary: "Samples validators, counts votes, decides blocks.",
  namespace: core,
  program: node("@ashlar/ledger-node", { args: ["--role", "consensus"] }),
  ports: { http: http(8080), grpc: grpc(9090), ops: ops(9091) },
  uses: [
    chainManager.ports.http,
    vmManager.ports.http,
    use(validator.ports.grpc, { perReplica: true }),
    stateDb,
    inbox.consume("consensus"),
  ],
  config: consensusConfig,
  metrics: consensusMetrics,
  scale: {
    min: 3,
    max: 10,
    on: [cpu(70), memory(80), metric(consensusMetrics.queueLength, { perReplica: 100 })],
  },
  disruption: { maxUnavailable: 1 },
  resources: resources({ cpu: "2", cpuLimit: "4", memory: "4Gi", memoryLimit: "8Gi" }),
  rollout: blueGreen({ autoPromote: false, scaleDownDelay: "30s" }),
  placement: { priority: "critical", pool: consensusMachines, antiAffinity: "required" },
});

const peerManager = service("peer-manager", {
  summary: "Knows peers, their stake and their behaviour.",
  namespace: network,
  program: node("@ashlar/ledger-node", { args: ["--role", "peer-manager"] }),
  ports: { http: http(8083), ops: ops(9091) },
  uses: [stateDb],
  config: stateConfig,
  placement: { pool: networkMachines },
});

const messageRouter = service("message-router", {
  summary: "Takes messages from the P2P daemons and hands them on.",
  namespace: network,
  program: node("@ashlar/ledger-node", { args: ["--role", "message-router"] }),
  ports: { grpc: grpc(9092), ops: ops(9091) },
  uses: [peerManager.ports.http, inbox.publish],
  placement: { priority: "high", pool: networkMachines },
});

const p2p = daemon("p2p", {
  summary: "Speaks to the network outside, from every networking machine.",
  namespace: hostNetwork,
  program: node("@ashlar/ledger-node", { args: ["--role", "p2p"] }),
  ports: {
    p2p: tcp(9651, { exposure: "public" }),
    quic: udp(9651, { exposure: "public" }),
    ops: ops(9652),
  },
  uses: [messageRouter.ports.grpc],
  config: networkConfig,
  metrics: networkMetrics,
  hostNetwork: true,
  rollout: rolling({ surgePercent: 0, unavailablePercent: 25 }),
  resources: resources({ cpu: "500m", cpuLimit: "1", memory: "1Gi", memoryLimit: "2Gi" }),
  probes: { liveness: tcpProbe("p2p") },
  placement: { pool: networkMachines },
  waivers: [
    waiver("pod-security/host-network", {
      reason: "Peers dial the machine's own address and port, over TCP and UDP.",
      until: "2027-12-31",
    }),
  ],
});

const indexer = service("indexer", {
  summary: "Answers questions about accepted blocks.",
  namespace: core,
  program: node("@ashlar/ledger-node", { args: ["--role", "indexer"] }),
  ports: { http: http(8084), ops: ops(9091) },
  uses: [blockDb, accepted.consume("indexer")],
  config: stateConfig,
  metrics: indexerMetrics,
  scale: { min: 2, max: 6, on: [cpu(70)] },
});

const auth = service("auth", {
  summary: "Issues access tokens to operators and applications.",
  namespace: core,
  program: node("@ashlar/ledger-node", { args: ["--role", "auth"] }),
  ports: { http: http(8085), ops: ops(9091) },
  uses: [stateDb],
  secrets: [tokens.keys.signing],
});

const api = service("api", {
  summary: "JSON-RPC for wallets and applications.",
  namespace: core,
  program: node("@ashlar/ledger-node", { args: ["--role", "api"] }),
  ports: { http: http(8086), ops: ops(9091) },
  uses: [consensus.ports.http, vmManager.ports.http, indexer.ports.http, cache],
  scale: { min: 2, max: 10, on: [cpu(70)] },
});

const backfill = job("parallel-block-processor", {
  summary: "Executes old blocks again after a change of the indexes.",
  namespace: core,
  program: node("@ashlar/ledger-node", { args: ["--role", "backfill"] }),
  uses: [blockDb, stateDb],
  config: backfillConfig,
  parallelism: 5,
  completions: 100,
  retries: 6,
  deadline: "6h",
  resources: resources({ cpu: "500m", cpuLimit: "1", memory: "1Gi", memoryLimit: "2Gi" }),
  placement: { pool: storageMachines },
});

const sessions = jwtIssuer("avalanche", {
  issuer: "https://api.avalanche.example.com",
  audiences: ["avalanche"],
  algorithms: ["EdDSA"],
  jwks: auth.ports.http.path("/.well-known/jwks.json"),
});
const operator = sessions.access({ roles: ["operator"] });

const rpcRoute = route("rpc", "/ext/bc/{chain}/rpc", api.ports.http, {
  methods: ["POST"],
  rateLimits: [{ by: "ip", requests: 600, window: "1m" }],
});

const edge = gateway("edge", {
  summary: "The way in for wallets and operators.",
  namespace: core,
  ports: { http: http(8443, { exposure: "public" }), ops: ops(9091) },
  hosts: ["api.avalanche.example.com"],
  issuers: [sessions],
  scale: { min: 2, max: 10, on: [cpu(70)] },
  routes: [
    rpcRoute,
    route("sign-in", "/api/v1/auth/*", auth.ports.http, {
      methods: ["POST"],
      rateLimits: [{ by: "ip", requests: 20, window: "1m" }],
    }),
    route("consensus", "/api/v1/consensus/*", consensus.ports.http, { access: operator }),
    route("vm", "/api/v1/vm/*", vmManager.ports.http, { access: operator }),
    route("index", "/api/v1/index/*", indexer.ports.http, {
      methods: ["GET"],
      cache: { ttl: "1s", vary: ["accept"] },
    }),
  ],
});

const edgeSuccess = objective("edge-success", {
  summary: "The edge answers.",
  part: edge,
  good: promql`rate(${httpRequestsTotal}{part="edge",status!~"5.."}[5m])`,
  total: promql`rate(${httpRequestsTotal}{part="edge"}[5m])`,
  target: 0.999,
});
const consensusSuccess = objective("consensus-success", {
  summary: "Consensus answers.",
  part: consensus,
  good: promql`rate(${httpRequestsTotal}{part="consensus",status!~"5.."}[5m])`,
  total: promql`rate(${httpRequestsTotal}{part="consensus"}[5m])`,
  target: 0.999,
});
const decisionLatency = objective("decision-latency", {
  summary: "Blocks are decided within a second.",
  part: consensus,
  latency: consensusMetrics.decisionSeconds,
  threshold: "1s",
  target: 0.95,
});
const vmSuccess = objective("vm-success", {
  summary: "The VM manager answers.",
  part: vmManager,
  good: promql`rate(${httpRequestsTotal}{part="vm-manager",status!~"5.."}[5m])`,
  total: promql`rate(${httpRequestsTotal}{part="vm-manager"}[5m])`,
  target: 0.999,
});

const alerts = [
  alert("NoDecisions", {
    summary: "No block was accepted for five minutes while some are being processed.",
    runbook: "Look at validator_uptime_ratio and p2p_peers; a third of the stake may be away.",
    when: promql`sum(increase(${series(consensusMetrics.blocks, { decision: "accepted" })}[5m])) == 0
      and sum(${consensusMetrics.processing}) > 0`,
    for: "1m",
    severity: "critical",
  }),
  alert("ValidatorsDown", {
    summary: "Fewer than three of five validators are up.",
    runbook: "Bring validators back one by one; their vote disks must not be replaced.",
    when: promql`sum(${series(up, { part: validator })}) < 3`,
    for: "1m",
    severity: "critical",
  }),
  alert("ValidatorSilent", {
    summary: "A validator answers fewer than eight polls in ten.",
    runbook: "Check its network and clock.",
    when: promql`min by (instance) (${validatorMetrics.uptimeRatio}) < 0.8`,
    for: "15m",
  }),
  alert("PeersFew", {
    summary: "A P2P daemon has fewer than four peers.",
    runbook: "Check that 9651 is reachable from outside over TCP and UDP.",
    when: promql`sum by (instance) (${networkMetrics.peers}) < 4`,
    for: "10m",
  }),
  alert("IndexBehind", {
    summary: "The index is more than a hundred blocks behind.",
    runbook: "Look at the dead letters of the stream and at the block database.",
    when: promql`max(${indexerMetrics.heightLag}) > 100`,
    for: "10m",
  }),
];

const overview = dashboard("ledger", {
  title: "Avalanche",
  panels: [
    panel("Decided blocks", {
      unit: "perSecond",
      queries: { decided: promql`sum by (decision) (rate(${consensusMetrics.blocks}[5m]))` },
    }),
    panel("Virtual machines", {
      unit: "count",
      queries: { active: promql`sum by (vm) (${vmMetrics.activeVms})` },
    }),
    panel("Time to a decision", {
      unit: "seconds",
      queries: {
        p95: promql`histogram_quantile(0.95, sum by (le) (rate(${consensusMetrics.decisionSeconds}_bucket[5m])))`,
      },
    }),
    panel("Queue", {
      unit: "count",
      queries: { waiting: promql`sum(${consensusMetrics.queueLength})` },
    }),
    panel("Peers", {
      unit: "count",
      queries: { peers: promql`sum by (direction) (${networkMetrics.peers})` },
    }),
  ],
});

const rpcLoad = load("rpc", {
  target: edge,
  stages: [
    { for: "30s", perSecond: 100 },
    { for: "5m", perSecond: 100 },
  ],
  mix: [
    {
      route: rpcRoute,
      weight: 1,
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}',
    },
  ],
});

export default defineSystem({
  name: "avalanche",
  summary: "A Snowman ledger: consensus, virtual machines, P2P, and an index.",
  owner: { team: "ledger", email: "ledger@example.com" },
  namespaces: [core, network, hostNetwork, storage],
  pools: [consensusMachines, storageMachines, networkMachines],
  parts: [
    validator,
    chainManager,
    vmManager,
    consensus,
    peerManager,
    messageRouter,
    p2p,
    indexer,
    auth,
    api,
    backfill,
    edge,
  ],
  stores: [stateDb, blockDb, cache, vmImages],
  streams: [accepted, inbox],
  secrets: [staking, tokens],
  objectives: [edgeSuccess, consensusSuccess, decisionLatency, vmSuccess],
  alerts,
  dashboards: [overview],
  loads: [rpcLoad],
  // Validators fetch the blocks that they are asked about from consensus.
  uses: [[validator, consensus.ports.grpc]],
  environments: {
    dev: environment({
      replicas: 1,
      scale: { validator: { min: 5, max: 5 } },
      resources: {
        validator: { cpu: "100m", memory: "256Mi", memoryLimit: "512Mi" },
        consensus: { cpu: "250m", cpuLimit: "1", memory: "512Mi", memoryLimit: "1Gi" },
        "vm-manager": { cpu: "250m", cpuLimit: "1", memory: "512Mi", memoryLimit: "1Gi" },
      },
    }),
    small: environment({}),
    large: environment({
      scale: { consensus: { min: 5 }, "vm-manager": { min: 4, max: 16 }, api: { min: 4, max: 24 } },
      stores: {
        "state-db": { realization: "operator", replicas: 3 },
        "block-db": { realization: "operator", replicas: 3 },
      },
    }),
  },
});
