/** The users service as a process. */
import { runService } from "@ashlar/service";
import { usersService } from "./service.ts";

await runService(usersService);
