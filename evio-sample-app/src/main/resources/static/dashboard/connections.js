// Who is connected to a server.

import { ask } from './ask.js';
import { element } from './elements.js';
import { age, bytes, seconds, secondsOf } from './numbers.js';

const CONNECTIONS = 20; // a page of them

/** The kernel's figures of a connection; none of one over a unix socket. */
const transport = info => (info == null ? ['–', '–']
    : [seconds(secondsOf(info.roundTripTime)), `${info.retransmits} segments`]);

/** Who is connected: a page of them, asked for only while it is open. */
export class Connections {
    #after = 0;
    #next = null;

    constructor(server) {
        this.server = server;
        this.rows = element('tbody');
        this.empty = element('p', { class: 'note' }, 'Nobody is connected.');
        const heads = ['id', 'by', 'peer', 'age', 'received', 'sent', 'pending', 'round trip', 'sent again'];
        this.table = element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${server}: connections` },
            element('table', {}, element('thead', {}, element('tr', {}, ...heads.map(
                (head, i) => element('th', i > 2 || i === 0 ? { class: 'number', scope: 'col' } : { scope: 'col' }, head)))),
            this.rows));
        this.first = element('button', { type: 'button' }, 'First');
        this.further = element('button', { type: 'button' }, 'Next');
        this.first.addEventListener('click', () => this.#turnTo(0));
        this.further.addEventListener('click', () => this.#turnTo(this.#next));
        this.root = element('details', {}, element('summary', {}, 'Connections'),
            this.empty, this.table, element('div', { class: 'pages' }, this.first, this.further));
        this.root.addEventListener('toggle', () => this.refresh());
    }

    #turnTo(after) {
        this.#after = after;
        this.refresh();
    }

    async refresh() {
        if (!this.root.open) {
            return;
        }
        const asked = this.#after;
        const path = `actuator/evio/${encodeURIComponent(this.server)}?limit=${CONNECTIONS}&after=${asked}&tcpInfo=true`;
        let page;
        try {
            page = (await ask(path)).connections;
        } catch {
            return; // The poll says what is wrong.
        }
        if (asked !== this.#after) {
            return; // The page was turned meanwhile.
        }
        this.#next = page.next;
        this.first.disabled = asked === 0;
        this.further.disabled = page.next === null;
        this.table.hidden = page.items.length === 0;
        this.empty.hidden = page.items.length > 0;
        this.empty.textContent = asked === 0 ? 'Nobody is connected.' : 'No more connections.';
        this.rows.replaceChildren(...page.items.map(connection => element('tr', {},
            element('td', { class: 'number' }, String(connection.id)),
            element('td', {}, connection.address),
            element('td', {}, connection.peer),
            ...[age(connection.age), ...[connection.received, connection.sent, connection.pending].map(bytes),
                ...transport(connection.tcpInfo)]
                .map(cell => element('td', { class: 'number' }, cell)))));
    }
}
