// The page's end of the worker: requests as promises, the newest of a channel wins, a broken worker
// is replaced.

/** A request that was overtaken by a newer one, or fell with its worker: nothing to report. */
export class Superseded extends Error {}

/** An error with the field of the page that it belongs to. */
export class RequestError extends Error {
  constructor({ message, field }) {
    super(message);
    this.field = field;
  }
}

export class Client {
  #worker = null;
  #next = 1;
  #restarts = 0;
  #hasWorked = false;
  #waiting = new Map();
  #channels = new Map();

  /**
   * - `restore`: called after a restart, to load again what the worker held.
   * - `report`: called with the reason when a worker was lost, and whether there will be no other.
   */
  constructor({ restore, report }) {
    this.restore = restore;
    this.report = report;
    this.#start();
  }

  #start() {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onerror = event => {
      event.preventDefault();
      this.#lost(event.message || 'its script could not be loaded');
    };
    worker.onmessageerror = () => this.#lost('a message could not be read');
    this.#worker = worker;
  }

  #receive({ id, value, error, progress, fatal }) {
    if (fatal !== undefined) return this.#lost(fatal);
    const request = this.#waiting.get(id);
    if (!request) return;
    if (progress) return request.progress?.(progress);
    this.#waiting.delete(id);
    this.#hasWorked = true;
    if (error) request.reject(new RequestError(error));
    else request.resolve(value);
  }

  async #lost(reason) {
    this.#worker.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#restarts += 1;
    // A worker that never works must not be started for ever.
    const isHopeless = !this.#hasWorked && this.#restarts > 1;
    const failure = new RequestError({ message: `the detector stopped: ${reason}`, field: 'worker' });
    for (const request of waiting) request.reject(failure);
    if (isHopeless) return this.report(reason, true);
    this.report(reason, false);
    this.#start();
    try {
      await this.restore();
    } catch (error) {
      if (!(error instanceof Superseded)) this.report(error.message, true);
    }
  }

  /** Asks the worker. - `progress`: called with what a long request tells before it ends. */
  ask(op, data = {}, progress) {
    const id = this.#next++;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, progress }));
    // Names it for `cancel`.
    answer.request = id;
    this.#worker.postMessage({ id, op, data });
    return answer;
  }

  /**
   * Asks, unless something newer is asked on the same channel first: one request is under way, one waits, and the answers of
   * both are dropped (as `Superseded`) once there is another.
   */
  newest(channel, op, data) {
    const state = this.#channels.get(channel) ?? { generation: 0, busy: false, pending: null };
    this.#channels.set(channel, state);
    state.generation += 1;
    const { generation } = state;
    return new Promise((resolve, reject) => {
      const run = async () => {
        state.busy = true;
        try {
          const value = await this.ask(op, data);
          if (generation === state.generation) resolve(value);
          else reject(new Superseded());
        } catch (error) {
          reject(generation === state.generation ? error : new Superseded());
        } finally {
          state.busy = false;
          const { pending } = state;
          state.pending = null;
          pending?.run();
        }
      };
      if (!state.busy) run();
      else {
        state.pending?.reject(new Superseded());
        state.pending = { run, reject };
      }
    });
  }

  /** Drops what a channel is doing: its answer will not be told. */
  forget(channel) {
    const state = this.#channels.get(channel);
    if (!state) return;
    state.generation += 1;
    state.pending?.reject(new Superseded());
    state.pending = null;
  }
}
