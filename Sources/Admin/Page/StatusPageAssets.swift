/// The page's style and script.
enum StatusPageAssets {
    static let style: StaticString = """
        :root{color-scheme:light dark;--ink:#1d2327;--soft:#5d6a73;--line:#d9dfe3;--ground:#f6f7f8;--card:#fff;\
        --good:#1a7f46;--bad:#b3261e;--warn:#8a5a00;--blue:#7d9fc4}
        @media(prefers-color-scheme:dark){:root{--ink:#e4e9ec;--soft:#9aa7b0;--line:#333c43;--ground:#14181b;--card:#1c2226;\
        --good:#4cc38a;--bad:#ff8a80;--warn:#f0b429;--blue:#5b7ea6}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
        main{max-width:60rem;margin:0 auto;padding:1rem}
        section,dl{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.9rem 1rem;margin:0 0 1rem}
        h1{font-size:1.35rem;margin:0}
        h2{font-size:1rem;margin:0 0 .5rem}
        .health{border-left:.5rem solid var(--good)}
        .health.well h1{color:var(--good)}
        .health.degraded{border-color:var(--warn)}
        .health.unready{border-color:var(--bad)}
        .health ul{margin:.5rem 0 0;padding-left:1.2rem;overflow-wrap:anywhere}
        dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.75rem}
        dt,footer,.none,figcaption,th{color:var(--soft);font-size:.85rem}
        dd{margin:0;font-weight:600}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:.92rem}
        th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
        th{font-weight:400}
        tr:last-child td{border-bottom:0}
        td{overflow-wrap:anywhere}
        .number,.time{font-variant-numeric:tabular-nums;white-space:nowrap}
        td.confirmed,td.refuted,td.waits{overflow-wrap:normal}
        td.confirmed{color:var(--good)}
        td.refuted{color:var(--bad)}
        td.waits{color:var(--warn)}
        .none{margin:0}
        figure{margin:0}
        svg{display:block;width:100%;height:auto}
        svg text{fill:var(--soft);font-size:7px}
        .axis{stroke:var(--line)}
        rect.received{fill:var(--blue)}
        rect.confirmed{fill:var(--good)}
        rect.refuted{fill:var(--bad)}
        figcaption{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin-top:.4rem}
        i{display:inline-block;width:.7rem;height:.7rem;margin-right:.35rem;border-radius:.15rem}
        i.received{background:var(--blue)}
        i.confirmed{background:var(--good)}
        i.refuted{background:var(--bad)}
        footer{margin:1rem 0}
        #gone{margin:0;padding:.6rem 1rem;background:var(--bad);color:var(--card);font-weight:600}
        @media(max-width:30rem){main{padding:.5rem}section,dl{padding:.7rem .75rem}table{font-size:.85rem}\
        th,td{padding-right:.5rem}svg text{font-size:16px}\
        tr>:nth-last-child(6):first-child~:nth-child(4){display:none}}
        """

    /// Asks for the page anew at most once a second when something has happened, and now and then for the sake of its clocks.
    static let script: StaticString = """
        "use strict";
        const main = () => document.querySelector("main");
        const gone = (is) => { document.getElementById("gone").hidden = !is; };
        // Where the address in the browser holds the token, a path alone would be asked for with it, and that is refused.
        const ask = (path, options) => fetch(location.origin + path, { cache: "no-store", ...options });
        let timer = 0;
        const soon = (delay) => { if (!timer) timer = setTimeout(refresh, delay); };
        async function refresh() {
          timer = 0;
          try {
            const answer = await ask("/", { signal: AbortSignal.timeout(10000) });
            if (!answer.ok) throw new Error(answer.status);
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
            main().replaceWith(fresh);
            document.title = fresh.dataset.title;
            gone(false);
          } catch { gone(true); }
        }
        async function follow() {
          for (;;) {
            try {
              const answer = await ask("/events?after=" + main().dataset.seq);
              if (answer.ok) {
                const reader = answer.body.getReader();
                for (;;) {
                  const { done, value } = await reader.read();
                  if (done) break;
                  if (value.length > 1) soon(1000);
                }
              }
            } catch {}
            await new Promise((wait) => setTimeout(wait, 3000));
            await refresh();
          }
        }
        setInterval(() => { if (!document.hidden) soon(0); }, 15000);
        document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(0); });
        follow();
        """
}
