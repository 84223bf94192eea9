// The loops of a server that has several.

import { slowestOf } from './durations.js';
import { element } from './elements.js';
import { count, percent } from './numbers.js';

const HEADS = ['loop', 'busy', 'connections', 'outbound', 'slowest event'];

export class Loops {
    #rows = [];

    constructor(server) {
        this.body = element('tbody');
        this.root = element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${server}: loops` },
            element('table', {},
                element('thead', {}, element('tr', {}, ...HEADS.map((head, i) => element(
                    'th', { scope: 'col', ...(i > 0 && i < HEADS.length - 1 ? { class: 'number' } : {}) }, head)))),
                this.body));
        this.root.hidden = true;
    }

    /** @param busy the part of the time that each loop was busy; null where that is not known */
    update(server, busy) {
        this.root.hidden = server.loops.length === 0;
        server.loops.forEach((counters, i) => {
            const cells = this.#cellsOf(i);
            cells.busy.textContent = busy[i] == null ? '–' : percent(busy[i]);
            cells.busy.classList.toggle('bad', busy[i] > 0.8);
            cells.connections.textContent = count(counters['evio.connections.active']);
            cells.outbound.textContent = count(counters['evio.connections.outbound.active']);
            cells['slowest event'].textContent = slowestOf(server.loopEvents[i]);
        });
    }

    /** Nobody answers for them. */
    lost() {
        this.#rows.forEach(cells => Object.values(cells).forEach(cell => {
            cell.textContent = '–';
        }));
    }

    #cellsOf(i) {
        if (this.#rows[i] === undefined) {
            this.#rows[i] = Object.fromEntries(HEADS.slice(1).map((head, j) => [head,
                element('td', { 'data-figure': head, ...(j < HEADS.length - 2 ? { class: 'number' } : {}) })]));
            this.body.append(element('tr', { 'data-loop': i },
                element('th', { scope: 'row' }, String(i)), ...Object.values(this.#rows[i])));
        }
        return this.#rows[i];
    }
}
