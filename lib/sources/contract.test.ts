import { describeSource } from "./doubles/contract.ts";
import { openHttpStage } from "./doubles/http.ts";

describeSource("http", openHttpStage);
