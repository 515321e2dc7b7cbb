/**
 * Makes the `dist` folders that an image ships: JavaScript, declarations, and the files beside them.
 *
 * One TypeScript project per room, written here from the manifests, so that nobody keeps a list of
 * references by hand. Rooms without anything to ship (bench, test, tools) are left out.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundlePage, writeBundle } from "@ashlar/console/page-bundle";
import { listFiles, type Room, readRooms, root } from "./src/workspace.ts";

const rooms = readRooms().filter((room) => room.layer < 8);
const shipped = rooms.filter((room) => listFiles(room.folder).some((path) => /\.tsx?$/.test(path)));
const folderOf = new Map(shipped.map((room) => [room.name, room.folder]));
const cache = join(root, "node_modules", ".cache", "ashlar-build");

/** A room's code is in `src`; a system's stands in the folder itself. */
function sourceFolder(room: Room): string {
  return room.folder.startsWith("systems/") ? room.folder : `${room.folder}/src`;
}

function projectPath(folder: string): string {
  return join(cache, folder, "tsconfig.json");
}

function writeProject(room: Room): void {
  const source = join(root, sourceFolder(room));
  const references = room.dependencies.flatMap((name) => {
    const folder = folderOf.get(name);
    return folder === undefined ? [] : [{ path: projectPath(folder) }];
  });
  const project = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      rootDir: source,
      outDir: join(root, room.folder, "dist"),
      tsBuildInfoFile: join(cache, room.folder, "tsconfig.tsbuildinfo"),
      // A definition's type is inferred; nothing but its own system imports it.
      isolatedDeclarations: !room.folder.startsWith("systems/"),
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: [`${source}/**/*.ts`],
    exclude: ["**/test/**", "dist", "node_modules", "**/*.test.ts"].map(
      (each) => `${source}/${each}`,
    ),
    references,
  };
  mkdirSync(dirname(projectPath(room.folder)), { recursive: true });
  writeFileSync(projectPath(room.folder), JSON.stringify(project, null, 2));
}

/** Migrations, templates and pages travel with the code that reads them. */
function copyAssets(room: Room): void {
  const source = sourceFolder(room);
  const assets = listFiles(source).filter((path) => /\.(sql|html|css|svg|txt)$/.test(path));
  for (const path of assets) {
    const target = join(root, room.folder, "dist", path.slice(source.length + 1));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, path), target);
  }
}

rmSync(cache, { recursive: true, force: true });
for (const room of shipped) {
  rmSync(join(root, room.folder, "dist"), { recursive: true, force: true });
  writeProject(room);
}
const projects = shipped.map((room) => projectPath(room.folder));
const built = spawnSync("tsc", ["-b", ...projects], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);
for (const room of shipped) copyAssets(room);
await writeBundle(join(root, "apps/console/dist/ui"), await bundlePage());
console.log(`built ${shipped.length} rooms`);
