// What the page has seen of a server.

import { CHARTS, TLS_SHARE } from './charts.js';

export const PERIOD = 1_000; // ms between two questions
export const WINDOW = 600_000; // ms of history

const GAUGES = new Set([
    'evio.connections.active', 'evio.connections.max', 'evio.tls.connections.active', 'evio.write.pending',
    'evio.pending.memory',
]);
const DRAWN = CHARTS.flatMap(chart => chart.lines.map(line => line.meter));

/** What is known of a server: its last counters, and a point for every answer within the window. */
export class History {
    /** Each with its time and, by meter, the gauge's value or the counter's rate; null where that is not known. */
    points = [];
    rates = {};
    #last = null; // time and counters of the answer before

    static restored({ points, last }) {
        const history = new History();
        history.points = points;
        history.#last = last;
        return history;
    }

    /** @param loops the counters of each loop, where there are several */
    add(time, counters, loops = []) {
        const before = this.#last;
        // Smaller than before: it is another process, which counts from zero.
        const follows = before !== null
            && Object.keys(counters).every(meter => GAUGES.has(meter) || counters[meter] >= before.counters[meter]);
        const seconds = follows ? (time - before.time) / 1_000 : 0;
        this.rates = {};
        for (const meter of Object.keys(counters)) {
            if (!GAUGES.has(meter)) {
                this.rates[meter] = follows ? (counters[meter] - before.counters[meter]) / seconds : null;
            }
        }
        if (follows && loops.length > 0) {
            // The busiest one: the others cannot help it out.
            this.rates['evio.loop.busy'] = Math.max(...loops.map((loop, i) =>
                (loop['evio.loop.busy'] - (before.loops?.[i]?.['evio.loop.busy'] ?? 0)) / seconds));
        }
        if (this.rates['evio.loop.busy'] > 1) {
            this.rates['evio.loop.busy'] = 1; // The clock here and the one there are not read in the same moment.
        }
        const point = { time };
        for (const meter of DRAWN) {
            point[meter] = (GAUGES.has(meter) ? counters[meter] : this.rates[meter]) ?? null;
        }
        const open = counters['evio.connections.active'];
        point[TLS_SHARE] = open > 0 ? Math.min(1, counters['evio.tls.connections.active'] / open) : 0;
        this.#push(point);
        this.#last = { time, counters, loops };
    }

    /** Nothing is known of that moment: a gap in every line. */
    gap(time) {
        this.#last = null;
        this.rates = {};
        if (this.points.length > 0 && this.points.at(-1).gap) {
            this.points.at(-1).time = time;
        } else {
            this.#push({ time, gap: true });
        }
    }

    at(time) {
        return this.points.reduce(
            (best, point) => (Math.abs(point.time - time) < Math.abs((best?.time ?? 0) - time) ? point : best), undefined);
    }

    /** The points that a line needs which begins there. */
    since(time) {
        return this.points.filter(point => point.time >= time - 2 * PERIOD);
    }

    #push(point) {
        this.points.push(point);
        const oldest = point.time - WINDOW - 2 * PERIOD;
        while (this.points[0].time < oldest) {
            this.points.shift();
        }
    }

    toJSON() {
        return { points: this.points, last: this.#last };
    }
}
