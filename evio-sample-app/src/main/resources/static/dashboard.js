// The dashboard: asks actuator for every server's counters once a second and draws them, with the ten minutes behind
// them. No library and no build; nothing is asked of any other host. Its parts are in the folder beside it.

import { ask } from './dashboard/ask.js';
import { History, PERIOD } from './dashboard/history.js';
import { clock } from './dashboard/numbers.js';
import { Server } from './dashboard/server.js';
import { Upstream } from './dashboard/upstream.js';

const HISTORY = 'evio.history'; // where it outlives a reload

const now = () => performance.timeOrigin + performance.now(); // epoch, but never set back
const byId = id => document.getElementById(id);

const servers = new Map();
const upstreams = new Map();
const restored = restore();
let lastAnswer = now();

/** The time under the pointer, the same in all charts; null for now. */
let cursor = null;

async function poll() {
    const asked = now();
    try {
        const answer = await ask('actuator/evio?limit=0');
        back();
        show((asked + now()) / 2, answer);
    } catch (error) {
        gone(error);
    }
    draw();
    setTimeout(poll, Math.max(0, PERIOD - (now() - asked)));
}

function show(time, answer) {
    lastAnswer = time;
    update(time, answer.servers, servers, byId('servers'), name => {
        const history = restored[name] ? History.restored(restored[name]) : new History();
        delete restored[name];
        return new Server(name, history, pointAt);
    });
    update(time, answer.upstreams, upstreams, byId('upstreams'), name => new Upstream(name));
    byId('time').textContent = clock(time);
}

/** Brings the parts of a kind, by name, to what was answered. */
function update(time, answered, parts, place, make) {
    for (const [name, part] of parts) {
        if (!(name in answered)) {
            part.root.remove();
            part.link.remove();
            parts.delete(name);
        }
    }
    for (const [name, described] of Object.entries(answered)) {
        if (!parts.has(name)) {
            const part = make(name);
            parts.set(name, part);
            place.append(part.root);
            byId('overview').append(part.link);
        }
        parts.get(name).update(time, described);
    }
}

function gone(error) {
    servers.forEach(server => server.lost(now()));
    upstreams.forEach(upstream => upstream.lost());
    // What fetch throws when nobody answers says nothing that a reader could use.
    const reason = error instanceof TypeError || error.name === 'TimeoutError'
        ? 'The application has not answered' : error.message;
    says('no answer', 'gone');
    const said = `${reason} since ${clock(lastAnswer)}. This page goes on trying.`;
    if (byId('gone').textContent !== said) {
        byId('gone').textContent = said;
    }
    byId('gone').hidden = false;
    byId('time').textContent = '';
    document.body.classList.add('gone');
    document.title = 'gone: evio';
}

function back() {
    says('live', 'live');
    byId('gone').hidden = true;
    byId('gone').textContent = '';
    document.body.classList.remove('gone');
    document.title = 'evio';
}

/** Set only where it changes: a screen reader reads every change. */
function says(state, className) {
    if (byId('state').textContent !== state) {
        byId('state').textContent = state;
        byId('state').className = className;
    }
}

function draw() {
    if (!document.hidden) {
        const end = now();
        servers.forEach(server => server.draw(end, cursor));
    }
}

let drawing = false;

function pointAt(time) {
    cursor = time;
    if (!drawing) {
        drawing = true;
        requestAnimationFrame(() => {
            drawing = false;
            draw();
        });
    }
}

/** What the page had seen before it was loaded again, by server. */
function restore() {
    try {
        return JSON.parse(sessionStorage.getItem(HISTORY)) ?? {};
    } catch {
        return {}; // No storage, or not ours: it begins anew.
    }
}

addEventListener('pagehide', () => {
    try {
        const histories = [...servers].map(([name, server]) => [name, server.history]);
        sessionStorage.setItem(HISTORY, JSON.stringify(Object.fromEntries(histories)));
    } catch {
        // No storage, or no room in it.
    }
});
document.addEventListener('visibilitychange', draw);
poll();
