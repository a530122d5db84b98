/**
 * A grid of stored images, each with a note. It shows more on demand, and a click opens an image
 * large.
 */

import { Button } from "@mantine/core";
import { useState } from "react";
import { BlobImage } from "./blob-image";
import { Dialog } from "./dialog";
import classes from "./thumb-grid.module.css";

export interface ThumbItem {
  name: string;
  /** One line at the foot of the thumbnail. */
  note: string;
  /** Facts beside the large image. */
  facts: [string, string][];
}

interface ThumbGridProps {
  datasetId: string;
  synthetic: boolean;
  items: ThumbItem[];
  page?: number;
}

export function ThumbGrid({ datasetId, synthetic, items, page = 33 }: ThumbGridProps) {
  const [shown, setShown] = useState(page);
  const [open, setOpen] = useState<ThumbItem | null>(null);
  return (
    <div className="stack tight">
      <div className={classes.thumbs}>
        {items.slice(0, shown).map((item) => (
          <button
            type="button"
            className={classes.thumb}
            key={item.name}
            onClick={() => setOpen(item)}
            aria-label={`${item.name}, ${item.note}`}
          >
            <BlobImage datasetId={datasetId} name={item.name} alt="" />
            <span className="thumb-note clip">{item.note}</span>
          </button>
        ))}
      </div>
      {items.length > shown && (
        <div className="row">
          <Button onClick={() => setShown(shown + 4 * page)}>Show more</Button>
          <span className="dim small">
            {shown} of {items.length} shown
          </span>
        </div>
      )}
      <ImageDialog item={open} datasetId={datasetId} synthetic={synthetic} onClose={() => setOpen(null)} />
    </div>
  );
}

interface ImageDialogProps {
  item: ThumbItem | null;
  datasetId: string;
  synthetic: boolean;
  onClose: () => void;
}

/** One image in its full size, with its facts. */
export function ImageDialog({ item, datasetId, synthetic, onClose }: ImageDialogProps) {
  return (
    <Dialog opened={item !== null} onClose={onClose} wide title={item?.name.split("/").pop() ?? "Image"}>
      {item && (
        <div className="stack">
          <div className={classes.film}>
            <BlobImage key={item.name} datasetId={datasetId} name={item.name} alt={item.name} />
          </div>
          <dl className="facts">
            {synthetic && (
              <>
                <dt>Kind</dt>
                <dd>
                  <span className="tag synthetic">synthetic</span>
                </dd>
              </>
            )}
            {item.facts.map(([label, value]) => (
              <div key={label} style={{ display: "contents" }}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </Dialog>
  );
}
