// Says in words what an old browser lacks. Old syntax, no module: it must run where the page does
// not.

(function () {
  'use strict';
  // It is also what the probe below starts as a worker, where there is nothing to do.
  if (typeof document === 'undefined') return;

  function fail(reason) {
    var notice = document.getElementById('unsupported');
    document.getElementById('unsupported-reason').textContent = reason;
    notice.hidden = false;
    document.body.className = 'is-unsupported';
  }

  // A module of one function that uses a 128-bit register.
  var SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

  function hasSimd() {
    try {
      return WebAssembly.validate(new Uint8Array(SIMD));
    } catch (error) {
      return false;
    }
  }

  // A browser that knows the option reads it before it starts anything; the getter then stops it
  // from starting.
  function hasModuleWorkers() {
    var isRead = false;
    try {
      var options = {
        get type() {
          isRead = true;
          throw new Error('read');
        },
      };
      new Worker('support.js', options).terminate();
    } catch (error) {
      // Expected where the option is known.
    }
    return isRead;
  }

  function missing() {
    if (location.protocol === 'file:') {
      return 'It was opened as a file. Browsers load its parts only from a server: run “node wasm/serve.mjs”, or put the folder on any web server.';
    }
    if (!('noModule' in document.createElement('script'))) return 'This browser does not know JavaScript modules.';
    if (typeof WebAssembly !== 'object') return 'This browser has no WebAssembly, or has it switched off.';
    if (!hasSimd()) return 'This browser’s WebAssembly has no SIMD instructions.';
    if (!hasModuleWorkers()) return 'This browser does not know module workers.';
    if (!('IntersectionObserver' in window) || !Blob.prototype.stream) return 'This browser cannot read files as streams.';
    return null;
  }

  var reason = missing();
  if (reason) fail(reason);
  window.addEventListener(
    'error',
    function (event) {
      if (event.target && event.target.tagName === 'SCRIPT') fail('A part of the page could not be loaded. Load it again.');
    },
    true
  );
})();
