// An upstream's part of the page: its targets.

import { element } from './elements.js';
import { count, exact, seconds, short } from './numbers.js';

const RECENT = 60_000; // ms over which connect times are averaged, and an error is shown as one

const HEADS = ['target', 'state', 'active', 'opened', 'a second', 'errors', 'connect time', 'last error'];
const NUMBERS = new Set(['active', 'opened', 'a second', 'errors', 'connect time']);

export class Upstream {
    constructor(name) {
        this.name = name;
        this.targets = new Map();
        this.badge = element('span');
        this.where = element('span', { class: 'where' });
        this.rows = element('tbody');
        const id = `upstream-${name}`;
        this.root = element('section', { class: 'upstream', id, 'aria-labelledby': `${id}-name`, 'data-upstream': name },
            element('header', {}, element('h2', { id: `${id}-name` }, name), this.badge, this.where),
            element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${name}: targets` },
                element('table', {},
                    element('thead', {}, element('tr', {}, ...HEADS.map(head => element(
                        'th', { scope: 'col', ...(NUMBERS.has(head) ? { class: 'number' } : {}) }, head)))),
                    this.rows)));
        this.summary = element('span');
        this.summaryBadge = element('b', {}, name);
        this.link = element('a', { href: `#${id}` }, this.summaryBadge, this.summary);
    }

    update(time, upstream) {
        for (const described of upstream.targets) {
            if (!this.targets.has(described.target)) {
                const target = new Target(described.target);
                this.targets.set(described.target, target);
                this.rows.append(target.row);
            }
            this.targets.get(described.target).update(time, described);
        }
        const up = upstream.targets.filter(target => target.state !== 'down').length;
        const active = upstream.targets.reduce((sum, target) => sum + target.active, 0);
        this.#badge(up > 0 ? 'up' : 'down');
        this.summary.textContent = `${up} of ${upstream.targets.length} targets · ${count(active)} open`;
        this.where.textContent = `${upstream.balance}, ${checks(upstream.health)}`;
    }

    /** Nobody answers for it. */
    lost() {
        this.#badge('unknown');
        this.summary.textContent = 'no answer';
        this.targets.forEach(target => target.lost());
    }

    #badge(state) {
        this.badge.className = this.summaryBadge.className = state;
        this.badge.textContent = state;
    }
}

const checks = health => (health === null ? 'not checked' : health.path === null ? 'checked by a connection'
    : `checked by GET ${health.path}`);

/** A row, and what was answered for it in the last minute. */
class Target {
    #answers = [];

    constructor(name) {
        this.cells = Object.fromEntries(HEADS.slice(1).map(head => [head,
            element('td', { 'data-figure': head, ...(NUMBERS.has(head) ? { class: 'number' } : {}) })]));
        this.state = element('span');
        this.cells.state.append(this.state);
        this.row = element(
            'tr', { 'data-target': name }, element('th', { scope: 'row' }, name), ...Object.values(this.cells));
    }

    update(time, now) {
        const before = this.#answers.at(-1)?.now;
        if (before !== undefined && (now.opened < before.opened || now.errors < before.errors)) {
            this.#answers = []; // It is another process, which counts from zero.
        }
        const last = this.#answers.at(-1);
        this.#answers.push({ time, now });
        while (this.#answers[0].time < time - RECENT) {
            this.#answers.shift();
        }
        const first = this.#answers[0].now;
        const opened = now.opened - first.opened;
        this.state.className = this.state.textContent = now.state;
        this.cells.active.textContent = exact.format(now.active);
        this.cells.opened.textContent = exact.format(now.opened);
        this.cells['a second'].textContent = last === undefined
            ? '' : short.format((now.opened - last.now.opened) / ((time - last.time) / 1_000));
        this.cells.errors.textContent = exact.format(now.errors);
        this.cells.errors.classList.toggle('bad', now.errors > first.errors);
        // Of the last minute; before anything was opened in it, of all.
        this.cells['connect time'].textContent = opened > 0
            ? seconds((now.connectSeconds - first.connectSeconds) / opened)
            : now.opened > 0 ? seconds(now.connectSeconds / now.opened) : '–';
        this.cells['last error'].textContent = now.error ?? '';
    }

    lost() {
        this.#answers = [];
        this.state.className = this.state.textContent = 'unknown';
        for (const head of NUMBERS) {
            this.cells[head].textContent = '–';
        }
    }
}
