// One chart: its figures, its lines over the last ten minutes, and what to know of them.

import { element, svg } from './elements.js';
import { WINDOW } from './history.js';
import { HEIGHT, WIDTH, across, ceiling, paths, upwards } from './lines.js';
import { clock } from './numbers.js';

const HEADROOM = 1.1; // for the scale, which stands above the lines

export class Chart {
    /** @param pointAt called with the time under the pointer, and with null when it leaves */
    constructor(specification, server, pointAt) {
        this.specification = specification;
        this.lines = specification.lines.map((line, i) => svg('path', { class: i === 0 ? 'line' : 'line second' }));
        this.area = svg('path', { class: 'area' });
        this.limit = svg('path', { class: 'limit' });
        this.cursor = svg('path', { class: 'cursor' });
        this.values = specification.lines.map(() => element('b', {}, '–'));
        this.scale = element('span', { class: 'scale', 'aria-hidden': 'true' });
        this.time = element('span');
        this.note = element('p', { class: 'note' });
        const grid = 'M0,50H600 M0,0H600' + [120, 240, 360, 480].map(x => ` M${x},0V100`).join('');
        this.drawing = svg(
            'svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
            svg('path', { class: 'grid', d: grid }), svg('path', { class: 'base', d: 'M0,100H600' }),
            this.area, this.limit, ...this.lines, this.cursor);
        const plot = element('div', { class: 'plot' }, this.drawing, this.scale);
        plot.addEventListener('pointermove', event => {
            const box = plot.getBoundingClientRect();
            pointAt(this.end - WINDOW * (1 - Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))));
        });
        plot.addEventListener('pointerleave', () => pointAt(null));
        this.root = element(
            'article', { class: 'tile', 'aria-label': `${server}: ${specification.title}` },
            element('h3', {}, specification.title, this.time),
            element('div', { class: 'figures' }, ...specification.lines.map((line, i) => {
                const key = specification.lines.length > 1 ? [element('i')] : [];
                this.values[i].dataset.figure = line.meter;
                return element('div', { class: 'figure' }, ...key, this.values[i], element('span', {}, line.label));
            })),
            plot,
            element('div', { class: 'times', 'aria-hidden': 'true' },
                element('span', {}, '−10 min'), element('span', {}, '−5 min'), element('span', {}, 'now')),
            this.note);
    }

    /**
     * @param end the time at the right edge
     * @param cursor the time that is pointed at, in whatever chart; null for none
     */
    draw(history, end, cursor) {
        const { lines, say, base = 1_000, least = 1, most, limit } = this.specification;
        this.end = end;
        const points = history.since(end - WINDOW);
        const peak = Math.max(0, ...points.flatMap(point => lines.map(line => point[line.meter] ?? 0)));
        const top = most ?? ceiling(Math.max(peak * HEADROOM, least), base);
        const x = across(end);
        const y = upwards(top);
        lines.forEach((line, i) => {
            const { path, area } = paths(points, line.meter, x, y);
            this.lines[i].setAttribute('d', path);
            if (i === 0) {
                this.area.setAttribute('d', area);
            }
        });
        this.limit.setAttribute('d', limit > 0 && limit <= top ? `M0,${y(limit)}H${WIDTH}` : '');
        this.scale.textContent = say(top);
        this.#figures(history, cursor === null ? undefined : history.at(cursor), x);
        this.drawing.setAttribute('aria-label', `The last ten minutes, at most ${say(peak)}`);
    }

    #figures(history, pointed, x) {
        const { lines, say, limit } = this.specification;
        const shown = pointed ?? history.points.at(-1);
        let alarm = false;
        lines.forEach((line, i) => {
            const value = shown?.[line.meter] ?? null;
            this.values[i].textContent = value === null ? '–' : say(value);
            alarm ||= limit !== undefined && value !== null && value > limit;
        });
        this.root.classList.toggle('alarm', alarm);
        this.time.textContent = pointed === undefined ? '' : clock(pointed.time);
        this.cursor.setAttribute('d', pointed === undefined ? '' : `M${x(pointed.time)},0V${HEIGHT}`);
    }

    annotate(server) {
        const { note } = this.specification;
        this.note.textContent = note(meter => server.counters[`evio.${meter}`], server.limits, server);
    }
}
