/** The version that records carry. */
import { version } from "../../package.json";

export { version };
