/**
 * The CPU meaning of convolution and its two gradients: one walk over all pairs of output and tap.
 */
import type { Geometry } from "./geometry";

/**
 * Calls `visit` with the element offsets of each multiply-add of the convolution: in x, in the
 * weights, in y.
 */
export function forEachTap(g: Geometry, visit: (x: number, w: number, y: number) => void): void {
  for (let n = 0; n < g.batch; n++) {
    for (let o = 0; o < g.outChannels; o++) {
      const firstChannel = Math.floor(o / g.outPerGroup) * g.inPerGroup;
      for (let oy = 0; oy < g.oh; oy++) {
        for (let ox = 0; ox < g.ow; ox++) {
          const y = ((n * g.outChannels + o) * g.oh + oy) * g.ow + ox;
          for (let i = 0; i < g.inPerGroup; i++) {
            const plane = (n * g.inChannels + firstChannel + i) * g.h;
            const taps = (o * g.inPerGroup + i) * g.kh;
            for (let ky = 0; ky < g.kh; ky++) {
              const iy = oy * g.strideY - g.padTop + ky * g.dilationY;
              if (iy < 0 || iy >= g.h) continue;
              for (let kx = 0; kx < g.kw; kx++) {
                const ix = ox * g.strideX - g.padLeft + kx * g.dilationX;
                if (ix >= 0 && ix < g.w) visit((plane + iy) * g.w + ix, (taps + ky) * g.kw + kx, y);
              }
            }
          }
        }
      }
    }
  }
}
