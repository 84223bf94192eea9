// A server's part of the page.

import { Chart } from './chart.js';
import { CHARTS } from './charts.js';
import { Connections } from './connections.js';
import { element } from './elements.js';
import { Loops } from './loops.js';
import { bytesPerSecond, count, exact, percent, short, whole } from './numbers.js';
import { Spark } from './spark.js';

export class Server {
    constructor(name, history, pointAt) {
        this.name = name;
        this.history = history;
        this.charts = CHARTS.map(chart => new Chart(chart, name, pointAt));
        this.loops = new Loops(name);
        this.connections = new Connections(name);
        this.badge = element('span');
        this.where = element('span', { class: 'where' });
        this.rows = element('tbody');
        this.cells = new Map();
        const id = `server-${name}`;
        this.root = element('section', { class: 'server', id, 'aria-labelledby': `${id}-name`, 'data-server': name },
            element('header', {}, element('h2', { id: `${id}-name` }, name), this.badge, this.where),
            element('div', { class: 'tiles' }, ...this.charts.map(chart => chart.root)),
            this.loops.root,
            this.connections.root,
            element('details', { class: 'meters' }, element('summary', {}, 'All meters'),
                element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${name}: meters` },
                    element('table', {},
                        element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'meter'),
                            element('th', { class: 'number', scope: 'col' }, 'value'),
                            element('th', { class: 'number', scope: 'col' }, 'a second'))),
                        this.rows))));
        this.summary = element('span');
        this.summaryBadge = element('b', {}, name);
        this.spark = new Spark();
        this.link = element('a', { href: `#${id}` }, this.summaryBadge, this.summary, this.spark.root);
    }

    update(time, server) {
        this.history.add(time, server);
        this.loops.update(server, this.history.busy);
        this.#badge(server.running ? 'running' : 'stopped');
        this.where.textContent = `${server.addresses.join(', ')} (${server.poller}${server.loops.length > 0 ? `, ${server.loops.length} loops` : ''})`;
        const tls = server.addresses.some(address => address.startsWith('tls'));
        for (const chart of this.charts) {
            chart.root.hidden = Boolean(chart.specification.tls) && !tls;
            chart.annotate(server);
        }
        for (const [meter, value] of Object.entries(server.counters)) {
            const [total, rate] = this.#cellsOf(meter);
            total.textContent = exact.format(value);
            const perSecond = this.history.rates[meter];
            rate.textContent = perSecond == null ? '' : (perSecond < 100 ? short : whole).format(perSecond);
        }
        this.connections.refresh();
    }

    /** Nobody answers for it. */
    lost(time) {
        this.history.gap(time);
        this.loops.lost();
        this.#badge('unknown');
    }

    #badge(state) {
        this.badge.className = this.summaryBadge.className = state;
        this.badge.textContent = state;
    }

    draw(end, cursor) {
        this.charts.forEach(chart => chart.draw(this.history, end, cursor));
        this.spark.draw(this.history, end);
        const last = this.history.points.at(-1) ?? {};
        const say = (meter, how) => (last[meter] == null ? '–' : how(last[meter]));
        this.summary.textContent = last.gap ? 'no answer' : `${say('evio.connections.active', count)} open · `
            + `${say('evio.data.received', bytesPerSecond)} in · ${say('evio.loop.busy', percent)} busy`;
    }

    #cellsOf(meter) {
        if (!this.cells.has(meter)) {
            const cells = [element('td', { class: 'number', 'data-meter': meter }), element('td', { class: 'number' })];
            this.cells.set(meter, cells);
            this.rows.append(element('tr', {}, element('th', { scope: 'row' }, meter), ...cells));
        }
        return this.cells.get(meter);
    }
}
