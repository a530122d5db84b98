/** Draws pixels one to one on a canvas. The style decides how large it appears. */
import { useEffect, useRef } from "react";
import type { Pixels } from "../../base/pixels";

interface PixelsImageProps {
  pixels: Pixels;
  alt: string;
}

function rgbaOf({ width, height, channels, data }: Pixels): ImageData {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = data[i * channels + Math.min(c, channels - 1)];
    image.data[4 * i + 3] = 255;
  }
  return image;
}

export function PixelsImage({ pixels, alt }: PixelsImageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => canvas.current?.getContext("2d")?.putImageData(rgbaOf(pixels), 0, 0), [pixels]);
  return <canvas ref={canvas} role="img" aria-label={alt} width={pixels.width} height={pixels.height} />;
}
