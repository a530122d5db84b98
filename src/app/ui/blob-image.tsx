/**
 * A stored image that loads when it becomes visible. Its object URL is revoked when it leaves the
 * page.
 */
import { useEffect, useRef, useState } from "react";
import { services } from "../state/services";
import classes from "./blob-image.module.css";

interface BlobImageProps {
  datasetId: string;
  name: string;
  alt: string;
}

export function BlobImage({ datasetId, name, alt }: BlobImageProps) {
  const holder = useRef<HTMLSpanElement>(null);
  const [visible, setVisible] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  const [missing, setMissing] = useState(false);

  useEffect(() => {
    if (!holder.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((e) => e.isIntersecting)) setVisible(true);
      },
      { rootMargin: "200px" },
    );
    observer.observe(holder.current);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (!visible) return;
    let made: string | null = null;
    let gone = false;
    services()
      .storage.imageBlob(datasetId, name)
      .then((blob) => {
        if (gone) return;
        if (!blob) return setMissing(true);
        made = URL.createObjectURL(blob);
        setUrl(made);
      })
      .catch(() => setMissing(true));
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [visible, datasetId, name]);

  return (
    <span ref={holder} className={classes.holder}>
      {url && <img src={url} alt={alt} decoding="async" />}
      {missing && <span className="small">not stored</span>}
    </span>
  );
}
