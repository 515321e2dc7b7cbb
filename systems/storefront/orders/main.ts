/** The orders service as a process. */
import { runService } from "@ashlar/service";
import { ordersService } from "./service.ts";

await runService(ordersService);
