// How a meter's history becomes a line, in a drawing of WIDTH by HEIGHT that is as wide as the window.

import { WINDOW } from './history.js';

export const WIDTH = 600;
export const HEIGHT = 100;

/** Where a time is, in a drawing whose right edge is the end. */
export const across = end => time => ((time - end + WINDOW) / WINDOW) * WIDTH;

/** Where a value is, in a drawing whose upper edge is the top. */
export const upwards = top => value => HEIGHT * (1 - value / top);

/** The next of 1, 2, 5, 10, 20 ... (of its unit) that is not smaller: a scale that changes seldom and reads well. */
export function ceiling(value, base) {
    const unit = base ** Math.max(0, Math.floor(Math.log(value) / Math.log(base)));
    const power = 10 ** Math.floor(Math.log10(value / unit));
    const step = [1, 2, 5, 10].find(candidate => candidate * power * unit >= value);
    return step * power >= 1_000 ? unit * base : step * power * unit;
}

/** The lines of a meter, broken where nothing is known, and the area below. A lone point is a dot. */
export function paths(points, meter, x, y) {
    let path = '';
    let area = '';
    let first = null;
    let previous = null;
    const close = () => {
        if (previous !== null) {
            area += `V${HEIGHT}H${first.toFixed(1)}Z`;
        }
    };
    for (const point of points) {
        const value = point[meter] ?? null;
        if (value === null) {
            close();
            previous = null;
            continue;
        }
        const px = Math.max(0, x(point.time));
        const at = `${px.toFixed(1)},${y(value).toFixed(2)}`;
        if (previous === null) {
            first = px;
            path += `M${at}h0`;
            area += `M${px.toFixed(1)},${HEIGHT}L${at}`;
        } else {
            path += `L${at}`;
            area += `L${at}`;
        }
        previous = px;
    }
    close();
    return { path, area };
}
