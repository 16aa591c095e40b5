(() => {
  const {el, at, number, list, sum, count, digits, time, size, short, rate, figure, series, chart,
    histogram, n, table, facts, whole, perSecond, seconds, octets, words, bandsOf, stagesOf,
    chartsOf, redraw, note, tile, latencyNames} = kit;
  const data = JSON.parse(document.getElementById("data").textContent);
  const page = document.getElementById("page");
  const counted = (path) => figure(path, count(at(data, path)));
  const section = (title, ...nodes) => {
    const all = nodes.flat(2).filter((x) => x);
    if (all.length) page.append(el("h2", null, title), ...all);
  };

  // ---- a report ----
  const heading = (run) => {
    const r = run.run || {};
    const failed = run.verdict !== "passed";
    const about = [at(run, "environment.began") && at(run, "environment.began").replace("T", " ")
      .replace("Z", " UTC"), time(number(r.duration_s)), `${r.world || "?"} world`, r.target,
    r.profile, `seed ${r.seed}`,
    list(run.workers).length ? `${list(run.workers).length} workers` : ""].filter((x) => x);
    return el("header", null,
      el("div", null, el("p", {class: "brand"}, el("b", null, "fleet"), " run"),
        el("h1", null, r.scenario || `${count(at(run, "devices.requested"))} devices`),
        el("p", {class: "sub"}, about.join(" · "))),
      el("span", {class: "pill" + (r.interrupted ? " warn" : failed ? " bad" : ""), id: "verdict"},
        r.interrupted ? `${run.verdict}, interrupted` : run.verdict));
  };

  const limitNote = (limit) => {
    if (!limit || !limit.text) return null;
    const kinds = {generator: "bad", network_or_target: "warn", nobody: "good"};
    const titles = {generator: "The generator was the limit of this run",
      network_or_target: "Network or target was the limit of this run",
      nobody: "Nobody was the limit of this run"};
    const title = titles[limit.who] || "Who was the limit";
    const text = String(limit.text).replace(/^[^:]*: /, "");
    const node = note(kinds[limit.who] || "", title, []);
    node.id = "limit";
    node.append(el("p", null, text.charAt(0).toUpperCase() + text.slice(1) + "."));
    if (list(limit.evidence).length) {
      node.append(el("ul", null, list(limit.evidence).map((l) => el("li", null, l))));
    }
    return node;
  };

  const tiles = (run) => {
    const published = sum(at(run, "messages.published"));
    const span = number(at(run, "run.duration_s")) || 1;
    const ack = at(run, "latency.publish_ack") || {};
    const lost = at(run, "ledger.lost");
    const cpuEach = at(run, "process.cpu_s_per_device");
    const short_ = at(run, "devices.online_end") < at(run, "devices.expected_end");
    return el("div", {class: "tiles"},
      tile("Online at the end", counted("devices.online_end"),
        ["of ", counted("devices.expected_end"), " expected"], short_),
      tile("Reports", figure("messages.published", count(published)), rate(published / span)),
      tile("Acknowledged within", ack.count ? figure("latency.publish_ack.p99", time(ack.p99))
        : "–", ack.count ? ["p99; at most ", figure("latency.publish_ack.max", time(ack.max))]
        : "nothing was"),
      tile("Lost", number(lost) === null ? el("small", null, "not judged") : counted("ledger.lost"),
        [counted("ledger.attempted"), " attempted"], lost > 0),
      tile("Reconnects", counted("devices.reconnects"),
        [counted("devices.disconnects_unplanned"), " links lost"]),
      tile("Memory a device", figure("process.user_bytes_per_device",
        size(at(run, "process.user_bytes_per_device"))),
      [figure("process.cpu_s", time(at(run, "process.cpu_s"))), " of CPU",
        ...(number(cpuEach) === null ? []
          : [", ", figure("process.cpu_s_per_device", time(cpuEach)), " each"])]));
  };

  const verdictMark = (ok, yes, no) => el("span", {class: `mark ${ok ? "good" : "bad"}-text`},
    ok ? `✓ ${yes}` : `✗ ${no}`);

  const expectations = (run) => {
    const all = list(run.expectations);
    return all.length ? table(["", "Expected", {text: "At"}, "What it was"], all.map((e) => [
      verdictMark(e.ok, "met", "failed"), el("code", null, e.text), n(time(e.decided_at_s)),
      {class: "wrap", text: String(e.line || "").split(": ").pop()}])) : null;
  };

  const recovery = (run) => {
    const all = list(run.faults);
    const back = (b) => (!b ? "–" : b.kept ? (b.waits ? "kept" : "no waits")
      : [[b.capped, "beyond its cap"], [b.spaced, "too often"], [b.jittered, "no jitter"]]
        .filter(([ok]) => !ok).map(([, t]) => t).join(", "));
    return all.length ? table(["Fault", {text: "At"}, {text: "Lasted"}, {text: "Hit"},
      {text: "Whole in"}, {text: "Links lost"}, {text: "Reconnects/s"}, {text: "Delayed"},
      {text: "Repeated"}, "Back-off"], all.map((f, i) => [el("span", null, f.name, f.effect
      && f.effect !== f.name ? el("small", {class: "under"}, words(String(f.effect))) : null),
    n(time(f.at_s)), n(number(f.ended_s) === null ? "in force"
      : time(f.ended_s - f.at_s)), n(`${count(f.hit)}/${count(f.selected)}`),
    number(f.ended_s) === null ? n("–") : number(f.recovered_s) === null
      ? {class: "n bad", text: "never"} : n(figure(`faults.${i}.recovered_s`, time(f.recovered_s))),
    n(count(f.links_lost)), n(count(f.reconnect_peak_per_s)), n(count(f.delayed)),
    n(count(f.repeated)), back(f.backoff)])) : null;
  };

  const spells = (run) => {
    const all = list(run.slow_spells);
    return all.length ? table(["Slow spell", {text: "From"}, {text: "To"}, {text: "Affected"},
      {text: "Skipped"}, {text: "Unanswered"}, {text: "Later than"}, {text: "Slowest"},
      {text: "Usual p99"}], all.map((s, i) => [s.faulted ? "under a fault" : "no fault in force",
      n(time(s.from_s)), n(time(s.to_s)), n(counted(`slow_spells.${i}.affected`)),
      n(counted(`slow_spells.${i}.skipped`)), n(counted(`slow_spells.${i}.unanswered`)),
      n(time(s.above_s)), n(figure(`slow_spells.${i}.slowest_s`, time(s.slowest_s))),
      n(time(s.usual_s))])) : null;
  };

  const latencies = (run) => {
    const all = Object.entries(run.latency || {}).filter(([, v]) => v && v.count);
    if (!all.length) return [];
    const cells = ["p50", "p90", "p99", "p999", "max"];
    return [el("div", {class: "charts"}, all.filter(([k]) => at(run, `histograms.${k}.count`)
      && run.histograms[k].count.length).map(([k, v]) => histogram(latencyNames[k] || words(k),
      run.histograms[k], [{name: "p50", at: v.p50}, {name: "p99", at: v.p99}]))),
    el("div", {style: "height:12px"}),
    table(["", {text: "Samples"}, {text: "p50"}, {text: "p90"}, {text: "p99"}, {text: "p99.9"},
      {text: "Most"}], all.map(([k]) => [latencyNames[k] || words(k),
      n(counted(`latency.${k}.count`)), ...cells.map((c) => n(figure(`latency.${k}.${c}`,
        time(at(run, `latency.${k}.${c}`)))))]))];
  };

  const ledgerWords = [["attempted"], ["acknowledged"], ["accepted", "arrived, each once"],
    ["lost", "acknowledged and never arrived", 1], ["oversized", "too large for the board"],
    ["refused", "turned away there"], ["duplicated"], ["unexplained", "repeated without DUP", 1],
    ["unexpected", "that nobody sent", 1], ["corrupted", "", 1], ["out_of_order", "", 1],
    ["recovered", "arrived without acknowledgement"],
    ["unfinished", "neither acknowledged nor arrived"], ["missing_qos0", "of QoS 0, as they may"],
    ["learned", "sent by a worker that died; the far side alone tells", 0, true],
    ["orphaned", "acknowledged by a worker that died before it told", 0, true]];
  const ledger = (run) => {
    if (!run.ledger) return null;
    const value = (direction, key, bad) => {
      const path = `ledger.${direction}.${key}`;
      const v = number(at(run, path));
      return {class: "n" + (v === null ? " soft" : bad && v > 0 ? " bad" : ""),
        text: v === null ? "not judged" : counted(path)};
    };
    const shown = ledgerWords.filter(([k, , , rare]) => !rare || ["uplink", "downlink"].some(
      (direction) => number(at(run, `ledger.${direction}.${k}`)) > 0));
    return table(["", {text: "Uplink"}, {text: "Downlink"}, ""], shown.map(([k, t, bad]) =>
      [words(k), value("uplink", k, bad), value("downlink", k, bad), {class: "soft", text: t || ""}]));
  };

  const products = (run) => {
    const all = list(run.products);
    return all.length > 1 ? table(["Product", "Protocol", {text: "Devices"}, {text: "Online"},
      {text: "At end"}, {text: "Published"}, {text: "Commands"}, {text: "Reconnects"},
      {text: "Lost"}], all.map((p) => [p.name, {class: "soft", text: p.behind_gateway
      ? `${p.protocol}, behind gateways` : p.protocol}, n(count(p.devices)), n(count(p.online_max)),
    {class: "n" + (p.online_end < p.expected_end ? " bad" : ""), text: count(p.online_end)},
    n(count(p.published)), n(count(p.commands)), n(count(p.reconnects)), number(p.lost) === null
      ? {class: "n soft", text: "not judged"} : {class: "n" + (p.lost ? " bad" : ""),
        text: count(p.lost)}])) : null;
  };

  const traffic = (run) => {
    const all = list(run.cloud_traffic);
    return all.length ? table(["From the cloud", "To", {text: "Rate"}, {text: "Attempted"},
      {text: "Answered"}, {text: "Timed out"}, {text: "Refused"}, {text: "Offline"},
      {text: "Skipped"}], all.map((t) => [words(String(t.kind)), t.product, n(rate(t.rate)),
      ...["attempted", "answered", "timed_out", "refused", "offline", "skipped"].map((k) =>
        n(count(t[k])))])) : null;
  };

  const rollouts = (run) => {
    const all = list(run.rollouts);
    return all.length ? table(["Rollout", "To", {text: "Version"}, "State", {text: "Wave"},
      {text: "Devices"}, {text: "Succeeded"}, {text: "Failed"}, {text: "Took"}], all.map((r) => [
      r.name, r.product, n(r.version), [words(String(r.state)), r.why ? `: ${r.why}` : ""].join(""),
      n(`${r.wave}/${r.waves}`), n(count(r.devices)), n(count(r.succeeded)), n(count(r.failed)),
      n(time(r.took_s))])) : null;
  };

  // Many gateways' ranges would make a row of their own length.
  const rangesOf = (w) => {
    const all = list(w.ranges).map((r) => `${r.first} to ${r.first + r.devices - 1}`);
    return all.length > 4 ? `${all.slice(0, 4).join(", ")} and ${all.length - 4} ranges more`
      : all.join(", ");
  };

  const workers = (run) => {
    const all = list(run.workers);
    const became = (w) => (number(w.lost_at_s) === null ? "reported"
      : {class: "wrap bad", text: `lost at ${time(w.lost_at_s)}: ${w.why}`});
    return all.length ? table(["Worker", "Devices", {text: "Published"}, {text: "Acknowledged"},
      {text: "Lost"}, {text: "CPU"}, {text: "Memory at most"}, ""], all.map((w) => [
      [w.worker, number(w.takes_over) === null ? "" : ` after ${w.takes_over}`].join(""),
      {class: "wrap", text: [rangesOf(w), w.at ? ` at ${w.at}` : ""].join("")},
      n(count(w.published)), n(count(w.acknowledged)),
      number(at(w, "uplink.lost")) === null ? {class: "n soft", text: "not judged"}
        : {class: "n" + (w.uplink.lost + at(w, "downlink.lost") ? " bad" : ""),
          text: count(w.uplink.lost + at(w, "downlink.lost"))},
      n(time(w.cpu_s)), n(size(w.rss_max_bytes)), became(w)])) : null;
  };

  const befell = (run) => {
    const all = list(run.workers).flatMap((w) => list(w.events).map((e) => [w.worker, e]));
    return all.length ? note("warn", "What befell their machines", all.map(([worker, e]) =>
      `Worker ${worker}, at ${time(e.at_s)}: ${e.what}`)) : null;
  };

  const troubles = (run) => {
    const all = list(run.troubles);
    const crashes = list(run.crashes).map((c) => note("bad", `Crash of ${c.device}: ${c.what}`,
      [c.last_events]));
    const most = Math.max(1, ...all.map((t) => t.count || 0));
    return [all.length ? table(["Reason", {text: "Times"}, "", "For example"], all.map((t) => [
      words(String(t.reason)), n(count(t.count)), el("span", {class: "bar", style:
        `display:inline-block;height:8px;border-radius:4px;background:var(--accent);width:${
          Math.max(3, 120 * (t.count || 0) / most)}px`}), {class: "wrap", text: [t.example_device,
        t.example_detail].filter((x) => x).join(": ")}])) : null, crashes];
  };

  const environment = (run) => {
    const e = run.environment || {};
    const command = el("code", null, at(run, "run.command"));
    const copy = el("button", {type: "button"}, "Copy");
    copy.addEventListener("click", () => {
      const range = document.createRange();
      range.selectNodeContents(command);
      window.getSelection().removeAllRanges();
      window.getSelection().addRange(range);
      copy.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    });
    return [el("div", {class: "card command"}, command, copy),
      el("div", {class: "columns", style: "margin-top:12px"},
        el("div", {class: "card"}, facts([["fleet", e.version && `${e.version} (${e.build})`],
          ["system", e.system], ["processor", e.processor],
          ["processors", e.cores && count(e.cores)],
          ["memory", e.memory_bytes ? size(e.memory_bytes) : ""]])),
        el("div", {class: "card"}, facts([["homes", e.homes && `${count(e.homes)} with devices`],
          ["twin", e.version && (e.embedded_twin ? "in the same process" : "elsewhere")],
          ["wall time", time(at(run, "run.wall_s"))],
          ["memory at most", size(at(run, "process.rss_max_bytes"))],
          ["digest", run.digest]])))];
  };

  const report = (run) => {
    page.append(heading(run));
    if (list(run.failures).length) {
      page.append(note("bad", run.failures.length === 1 ? "Why it failed"
        : `Why it failed: ${run.failures.length} reasons`, run.failures));
    }
    const limit = limitNote(run.limit);
    if (limit) page.append(limit);
    page.append(tiles(run));
    section("Expectations", expectations(run));
    const s = series(run.series);
    section("How it went", s.to.length ? el("div", {class: "charts"},
      chartsOf(s, bandsOf(run.faults, s.end), stagesOf(run.stages)).map(chart)) : null);
    section("Recovery from faults", recovery(run));
    section("Reports that were slower than usual", spells(run));
    section("Latency", latencies(run));
    section("Ledger", ledger(run));
    section("Products", products(run));
    section("Traffic of the cloud", traffic(run));
    section("Rollouts", rollouts(run));
    section("Reasons of failure", troubles(run));
    section("Workers", workers(run), befell(run));
    section("Where it ran, and how to repeat it", environment(run));
    page.append(el("footer", null, "Latencies count from the moment a report was due. Shaded: a "
      + "fault in force; dotted: where a stage begins. This file needs no network."));
  };

  // ---- two runs ----
  const comparison = (two) => {
    const [a, b] = [two.a, two.b];
    const pill = (s) => el("span", {class: "pill" + (s.verdict === "passed" ? "" : " bad")},
      s.verdict);
    const side = (letter, s) => el("div", {class: "card"}, el("div", {class: "chart-head"},
      el("h3", null, `${letter}  ${s.name}`), el("div", {class: "legend"}, pill(s))),
    el("p", {class: "sub"}, [at(s, "run.scenario") || "no scenario", at(s, "environment.began"),
      time(at(s, "run.duration_s")), at(s, "run.target"), `seed ${at(s, "run.seed")}`]
      .filter((x) => x).join(" · ")));
    page.append(el("header", null, el("div", null, el("p", {class: "brand"},
      el("b", null, "fleet"), " report"), el("h1", null, "Two runs side by side"))),
    el("div", {class: "columns", style: "margin-top:20px"}, side("A", a), side("B", b)));
    if (list(two.differences).length) {
      const differ = note("warn", `The runs differ: ${two.differences.join(", ")}`, []);
      differ.id = "differ";
      page.append(differ);
    }
    const rows = list(two.rows);
    const judged = (kind) => rows.filter((r) => r.is === kind);
    const figures = (n) => (n === 1 ? "1 figure is" : `${n} figures are`);
    const told = (r) => `${r.name}: ${r.a_text} → ${r.b_text}`
      + (r.change ? `, ${r.change}` : "");
    const shown = (all) => [...all.slice(0, 8).map(told),
      ...(all.length > 8 ? [`and ${all.length - 8} more`] : [])];
    if (judged("worse").length) {
      page.append(note("bad", `${figures(judged("worse").length)} worse in B`,
        shown(judged("worse"))));
    }
    if (judged("better").length) {
      page.append(note("good", `${figures(judged("better").length)} better in B`,
        shown(judged("better"))));
    }
    const [sa, sb] = [series(a.series), series(b.series)];
    if (sa.to.length && sb.to.length) {
      const end = Math.max(sa.end, sb.end);
      const overlay = (title, unit, format, get, log) => {
        // Each has its own moments: the second's values are put onto the first's, or the other way.
        const [main, other, names] = sa.to.length >= sb.to.length ? [sa, sb, ["A", "B"]]
          : [sb, sa, ["B", "A"]];
        const values = get(other);
        const onto = main.to.map((t, i) => {
          const middle = (main.from[i] + t) / 2;
          const j = other.to.findIndex((end) => middle <= end);
          return j < 0 ? null : values[j];
        });
        const lines = [{name: names[0], values: get(main)}, {name: names[1], values: onto}]
          .sort((x, y) => x.name.localeCompare(y.name));
        return chart({title, unit, source: main, end, log, format, lines: lines.map((l) => ({...l,
          kind: "line", always: true,
          colour: l.name === "B" ? "var(--accent)" : "var(--wait)"}))});
      };
      section("How they went", el("div", {class: "charts"},
        overlay("Devices online", "devices", whole, (s) => s.column("online")),
        overlay("Reports published", "a second", perSecond, (s) => s.rate("published")),
        overlay("From due to acknowledged", "p99", seconds,
          (s) => s.column("publish_ack_p99_s"), true),
        overlay("Without acknowledgement", "messages", whole, (s) => s.column("in_flight")),
        overlay("Memory", "resident", octets, (s) => s.column("resident_bytes")),
        overlay("Processors", "busy", {axis: short, exact: (v) => digits(v, 3)},
          (s) => s.column("cores_busy"))));
    }
    let group = "";
    const body = rows.flatMap((r) => {
      const head = r.group === group ? [] : [el("tr", {class: "group"}, el("th", {colspan: 5},
        r.group.charAt(0).toUpperCase() + r.group.slice(1)))];
      group = r.group;
      const mark = {better: "good", worse: "bad"}[r.is];
      return [...head, el("tr", {"data-row": `${r.group}/${r.name}`}, el("td", {class: "wrap"},
        r.name), el("td", {class: "n"}, r.a_text), el("td", {class: "n"}, r.b_text),
      el("td", {class: "n " + (mark || "soft")}, r.change), el("td", {class: mark || "soft"},
        mark ? r.is : ""))];
    });
    section("Figures", table(["", {text: "A"}, {text: "B"}, {text: "Change"}, ""], body));
    page.append(el("footer", null, "A change below 5 % is none to speak of. This file needs no "
      + "network."));
  };

  page.replaceChildren();
  if (data.compare) comparison(data.compare);
  else report(data);
  redraw();
  window.addEventListener("resize", redraw);
})();
