/** The setting of protocols that take their validation images from those outside the test set. */
import { z } from "zod";
import { setting } from "../../base/setting";

const shareBounds = "Between 0 and 0.4.";

/** @param of what the share is taken of, e.g. "the other centres' images" */
export const validationShare = (of: string) =>
  setting(z.number(shareBounds).min(0, shareBounds).max(0.4, shareBounds).default(0.2), {
    title: "Share for validation",
    description: `Of ${of}, for early stopping and the choice of settings; 0 for none`,
  });

/** "20 % of the other patients to validate", or "no images to validate". */
export const validationInWords = (share: number, of: string): string =>
  share > 0 ? `${Math.round(100 * share)} % of ${of} to validate` : "no images to validate";
