/** The notifications service as a process. */
import { runService } from "@ashlar/service";
import { notificationsService } from "./service.ts";

await runService(notificationsService);
