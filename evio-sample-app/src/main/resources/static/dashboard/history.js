// What the page has seen of a server.

import { CHARTS, EVENT_P99, REFUSED, TLS_SHARE } from './charts.js';
import { quantile } from './durations.js';

export const PERIOD = 1_000; // ms between two questions
export const WINDOW = 600_000; // ms of history

const GAUGES = new Set([
    'evio.connections.active', 'evio.connections.max', 'evio.tls.connections.active', 'evio.write.pending',
    'evio.pending.memory', 'evio.event.duration.max', 'evio.connections.outbound.active',
]);
const REFUSALS = [
    'evio.connections.refused.untrusted', 'evio.connections.refused.access', 'evio.connections.refused.per.address',
    'evio.connections.refused.accept.rate',
];
const DRAWN = CHARTS.flatMap(chart => chart.lines.map(line => line.meter));

/** What is known of a server: its last counters, and a point for every answer within the window. */
export class History {
    /** Each with its time and, by meter, the gauge's value or the counter's rate; null where that is not known. */
    points = [];
    rates = {};
    /** The part of the time that each loop was busy, where there are several; null where that is not known. */
    busy = [];
    #last = null; // time, counters and events of the answer before

    static restored({ points, last }) {
        const history = new History();
        history.points = points;
        history.#last = last?.events ? last : null; // It may be of another version of the page.
        return history;
    }

    add(time, { counters, events, loops }) {
        const before = this.#last;
        // Smaller than before: it is another process, which counts from zero.
        const follows = before !== null && before.loops.length === loops.length
            && Object.keys(counters).every(meter => GAUGES.has(meter) || counters[meter] >= before.counters[meter]);
        const seconds = follows ? (time - before.time) / 1_000 : 0;
        this.rates = {};
        for (const meter of Object.keys(counters)) {
            if (!GAUGES.has(meter)) {
                this.rates[meter] = follows ? (counters[meter] - before.counters[meter]) / seconds : null;
            }
        }
        // The clock here and the one there are not read in the same moment.
        const share = (now, then) => Math.min(1, (now['evio.loop.busy'] - then['evio.loop.busy']) / seconds);
        this.busy = loops.map((loop, i) => (follows ? share(loop, before.loops[i]) : null));
        if (follows) {
            // The busiest one: the others cannot help it out.
            this.rates['evio.loop.busy'] = loops.length > 0 ? Math.max(...this.busy) : share(counters, before.counters);
        }
        const point = { time };
        for (const meter of DRAWN) {
            point[meter] = (GAUGES.has(meter) ? counters[meter] : this.rates[meter]) ?? null;
        }
        const open = counters['evio.connections.active'];
        point[TLS_SHARE] = open > 0 ? Math.min(1, counters['evio.tls.connections.active'] / open) : 0;
        point[EVENT_P99] = follows ? quantile(0.99, before.events.durations, events.durations) : null;
        point[REFUSED] = follows ? REFUSALS.reduce((sum, meter) => sum + this.rates[meter], 0) : null;
        this.#push(point);
        this.#last = { time, counters, events, loops };
    }

    /** Nothing is known of that moment: a gap in every line. */
    gap(time) {
        this.#last = null;
        this.rates = {};
        this.busy = [];
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
