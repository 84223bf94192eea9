// A server's traffic without scale or figures, to see at a glance how it fares beside the others.

import { svg } from './elements.js';
import { WINDOW } from './history.js';
import { HEIGHT, WIDTH, across, paths, upwards } from './lines.js';

const IN = 'evio.data.received';
const OUT = 'evio.data.sent';

export class Spark {
    constructor() {
        this.area = svg('path', { class: 'area' });
        this.in = svg('path', { class: 'line' });
        this.out = svg('path', { class: 'line second' });
        this.root = svg(
            'svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
            svg('path', { class: 'base', d: `M0,${HEIGHT}H${WIDTH}` }), this.area, this.in, this.out);
    }

    /** @param end the time at the right edge */
    draw(history, end) {
        const points = history.since(end - WINDOW);
        const peak = Math.max(1, ...points.flatMap(point => [point[IN] ?? 0, point[OUT] ?? 0]));
        const lines = meter => paths(points, meter, across(end), upwards(peak));
        const { path, area } = lines(IN);
        this.in.setAttribute('d', path);
        this.area.setAttribute('d', area);
        this.out.setAttribute('d', lines(OUT).path);
    }
}
