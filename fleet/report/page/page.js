"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const page = document.getElementById("page");
  const tip = document.getElementById("tip");

  // ---- elements: text is text, never markup ----
  const fill = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    for (const child of children.flat()) {
      if (child === null || child === undefined || child === "") continue;
      node.append(child instanceof Node ? child : String(child));
    }
    return node;
  };
  const el = (name, attributes, ...children) =>
    fill(document.createElement(name), attributes, children);
  const svg = (name, attributes, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

  // ---- asking, since any part may be missing ----
  const at = (from, path) =>
    path.split(".").reduce((o, k) => (o === null || o === undefined ? undefined : o[k]), from);
  const number = (x) => (typeof x === "number" && Number.isFinite(x) ? x : null);
  const list = (x) => (Array.isArray(x) ? x : []);
  const sum = (o) => Object.values(o || {}).reduce((s, x) => s + (number(x) || 0), 0);

  // ---- amounts ----
  const count = (n) => (number(n) === null ? "–" : Math.round(n).toLocaleString("en-US"));
  const digits = (x, n) => Number(x.toPrecision(n)).toString();
  const time = (s) => {
    if (number(s) === null) return "–";
    if (s === 0) return "0";
    const a = Math.abs(s);
    if (a < 1e-3) return digits(s * 1e6, 3) + " µs";
    if (a < 1) return digits(s * 1e3, 3) + " ms";
    if (a < 120) return digits(s, 3) + " s";
    const whole = Math.round(s);
    const [h, m, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    if (h >= 48) return digits(s / 86400, 3) + " d";
    return h ? `${h} h ${m} min` : `${m} min` + (rest ? ` ${rest} s` : "");
  };
  const clock = (s) => {
    const whole = Math.round(s);
    const two = (n) => String(n).padStart(2, "0");
    const [h, m, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    return h ? `${h}:${two(m)}:${two(rest)}` : `${m}:${two(rest)}`;
  };
  const size = (n) => {
    if (number(n) === null) return "–";
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let i = 0;
    let x = n;
    while (Math.abs(x) >= 1024 && i < units.length - 1) { x /= 1024; i += 1; }
    return digits(x, 3) + " " + units[i];
  };
  const short = (n) => {
    if (number(n) === null) return "–";
    const a = Math.abs(n);
    if (a >= 1e9) return digits(n / 1e9, 3) + "G";
    if (a >= 1e6) return digits(n / 1e6, 3) + "M";
    if (a >= 1e4) return digits(n / 1e3, 3) + "k";
    return digits(n, 3);
  };
  const rate = (n) => (number(n) === null ? "–" : (n >= 100 ? count(n) : digits(n, 3)) + "/s");
  /** A number of the JSON, marked with where it stands there. */
  const figure = (path, text) => el("span", {"data-figure": path}, text);
  const counted = (path) => figure(path, count(at(data, path)));

  // ---- series ----
  /** Columns by name, gauges as they stand, counts as rates. */
  const series = (raw) => {
    const to = list(raw && raw.at_s);
    const from = to.map((_, i) => (i ? to[i - 1] : 0));
    const length = to.map((t, i) => Math.max(t - from[i], 1e-3));
    return {
      from, to, span: to.length ? to[to.length - 1] : 0,
      column: (name) => list(raw && raw[name]).map(number),
      rate: (name) => list(raw && raw[name]).map((n, i) => (number(n) === null ? null
        : n / length[i])),
    };
  };

  // ---- axes ----
  const nice = (max, want, base = 10) => {
    if (!(max > 0)) return {top: 1, step: 1};
    if (base === 1024) { // octets: round in their own unit
      const one = Math.pow(1024, Math.max(0, Math.floor(Math.log2(max) / 10)));
      const {top, step} = nice(max / one, want);
      return {top: top * one, step: step * one};
    }
    const rough = max / want;
    const ten = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 2.5, 5, 10].map((f) => f * ten).find((s) => s >= rough * 0.999);
    return {top: Math.ceil(max / step - 1e-9) * step, step};
  };
  const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600,
    43200, 86400, 172800, 432000, 864000, 2592000];
  const timeTicks = (span, want) => {
    const step = timeSteps.find((s) => span / s <= want) || span / want;
    const out = [];
    for (let t = 0; t <= span * 1.0001; t += step) out.push(t);
    return out;
  };

  const drawn = []; // to draw again when the width changes
  let shownWidth = 0;

  /**
   * A chart over time. lines: {name, values, colour, kind: "line" | "stack" | "dash"}, with
   * `format` for values, `log` for what spans decades, and bands behind all.
   */
  const chart = (options) => {
    const {title, unit, source, lines, format, bands} = options;
    const present = lines.filter((l) => l.values.some((v) => v !== null && v !== 0) || l.always);
    const swatch = (l) => el("i", {class: l.kind === "stack" ? "" : "line",
      style: `background:${l.colour}`});
    const box = el("div", {class: "card chart" + (options.wide ? " wide" : "")},
      el("div", {class: "chart-head"}, el("h3", null, title), el("span", {class: "unit"}, unit),
        el("div", {class: "legend"}, present.map((l) => el("span", null, swatch(l), l.name)))));
    const host = el("div");
    box.append(host);
    const draw = () => {
      const width = Math.max(260, Math.floor(host.clientWidth || (options.wide ? 1040 : 500)));
      host.replaceChildren(drawChart(options, present, source, width, format, list(bands)));
    };
    drawn.push(draw);
    return box;
  };

  const stacked = (lines, n) => {
    const base = new Array(n).fill(0);
    return lines.filter((l) => l.kind === "stack").map((l) => {
      const low = base.slice();
      l.values.forEach((v, i) => { base[i] += v || 0; });
      return {line: l, low, high: base.slice()};
    });
  };

  const drawChart = (options, lines, source, width, format, bands) => {
    const height = options.wide ? 240 : 190;
    const n = source.to.length;
    const stacks = stacked(lines, n);
    const plain = lines.filter((l) => l.kind !== "stack");
    const all = [...stacks.flatMap((s) => s.high), ...plain.flatMap((l) => l.values)]
      .filter((v) => v !== null);
    const positive = all.filter((v) => v > 0);
    const log = options.log && positive.length > 0
      && Math.max(...positive) / Math.min(...positive) > 30;
    const ticks = [];
    let y;
    const left = 58, right = 12, top = options.names && bands.length ? 32 : 14, bottom = 24;
    const y0 = height - bottom;
    if (log) {
      const low = Math.floor(Math.log10(Math.min(...positive)) + 1e-9);
      const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive)) - 1e-9));
      for (let e = low; e <= high; e += Math.ceil((high - low) / 6)) ticks.push(Math.pow(10, e));
      y = (v) => y0 - (Math.log10(Math.max(v, Math.pow(10, low))) - low) / (high - low)
        * (y0 - top);
    } else {
      const axis = nice(Math.max(0, ...all), 4, format.base);
      for (let v = 0; v <= axis.top * 1.0001; v += axis.step) ticks.push(v);
      y = (v) => y0 - v / axis.top * (y0 - top);
    }
    const span = Math.max(options.span || 0, source.span) || 1;
    const x = (t) => left + t / span * (width - left - right);
    const root = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": options.title});
    for (const v of ticks) {
      root.append(svg("line", {class: v === 0 ? "base" : "grid", x1: left, x2: width - right,
        y1: y(v), y2: y(v)}),
      svg("text", {x: left - 8, y: y(v) + 4, "text-anchor": "end"}, format.axis(v)));
    }
    drawStages(root, list(options.stages), {x, top, y0, span, width, right,
      names: options.names});
    drawBands(root, bands, {x, top, y0, span, left, width, right, names: options.names});
    for (const t of timeTicks(span, Math.max(3, Math.floor(width / 95)))) {
      root.append(svg("text", {x: x(t), y: height - 6, "text-anchor": t === 0 ? "start"
        : x(t) > width - 40 ? "end" : "middle"}, clock(t)));
    }
    const middle = (i) => x((source.from[i] + source.to[i]) / 2);
    for (const s of stacks) {
      // Gauges stand at the end of their stretch of time; areas are drawn as steps.
      let d = "";
      for (let i = 0; i < n; i += 1) {
        d += `${i ? "L" : "M"}${x(source.from[i]).toFixed(1)} ${y(s.high[i]).toFixed(1)}`
          + `L${x(source.to[i]).toFixed(1)} ${y(s.high[i]).toFixed(1)}`;
      }
      for (let i = n - 1; i >= 0; i -= 1) {
        d += `L${x(source.to[i]).toFixed(1)} ${y(s.low[i]).toFixed(1)}`
          + `L${x(source.from[i]).toFixed(1)} ${y(s.low[i]).toFixed(1)}`;
      }
      root.append(svg("path", {d: d + "Z", fill: s.line.colour}));
    }
    for (const l of plain) {
      let d = "";
      let open = false;
      l.values.forEach((v, i) => {
        if (v === null) { open = false; return; }
        d += `${open ? "L" : "M"}${middle(i).toFixed(1)} ${y(v).toFixed(1)}`;
        if (!open && (i + 1 >= n || l.values[i + 1] === null)) d += "h0.1"; // a point alone
        open = true;
      });
      root.append(svg("path", {d, fill: "none", stroke: l.colour, "stroke-width": l.width || 1.8,
        "stroke-linejoin": "round", "stroke-linecap": "round",
        "stroke-dasharray": l.kind === "dash" ? "5 4" : null}));
    }
    hover(root, {source, lines, middle, x, left, right, width, top, y0, format, span});
    return root;
  };

  /** Where each part of the load's stages begins, with its name where there is room. */
  const drawStages = (root, stages, at_) => {
    stages.forEach((s, i) => {
      const from = at_.x(Math.min(s.at, at_.span));
      const to = i + 1 < stages.length ? at_.x(stages[i + 1].at) : at_.width - at_.right;
      if (i > 0) {
        root.append(svg("line", {class: "stage-edge", x1: from, x2: from, y1: at_.top,
          y2: at_.y0}));
      }
      if (at_.names && to - from > s.name.length * 6 + 6) {
        root.append(svg("text", {class: "stage-name", x: from + 4, y: at_.top + 10}, s.name));
      }
    });
  };

  const drawBands = (root, bands, at_) => {
    const ends = [-1e9, -1e9]; // of the names in both rows
    for (const band of bands) {
      const from = at_.x(Math.min(band.from, at_.span));
      const to = at_.x(Math.min(Math.max(band.to, band.from), at_.span));
      root.append(svg("rect", {class: "band", x: from, y: at_.top, width: Math.max(to - from, 1.5),
        height: at_.y0 - at_.top}, svg("title", null, band.name)),
      svg("line", {class: "band-edge", x1: from, x2: from, y1: at_.top, y2: at_.y0}));
      const room = band.name.length * 6;
      const row = ends.findIndex((end) => from > end);
      if (at_.names && row >= 0) {
        const over = from + room > at_.width - at_.right;
        root.append(svg("text", {class: "band-name", x: over ? to : from,
          y: at_.top - 5 - 13 * row, "text-anchor": over ? "end" : "start"}, band.name));
        ends[row] = from + room + 8;
      }
    }
  };

  const hover = (root, c) => {
    const cross = svg("line", {class: "cross", y1: c.top, y2: c.y0, visibility: "hidden"});
    root.append(cross);
    const leave = () => {
      cross.setAttribute("visibility", "hidden");
      tip.hidden = true;
    };
    const move = (event) => {
      const box = root.getBoundingClientRect();
      const px = (event.clientX - box.left) / box.width * c.width;
      const t = (px - c.left) / (c.width - c.left - c.right) * c.span;
      let i = c.source.to.findIndex((end) => t <= end);
      if (i < 0) i = c.source.to.length - 1;
      if (i < 0 || t < 0) { leave(); return; }
      cross.setAttribute("x1", c.middle(i));
      cross.setAttribute("x2", c.middle(i));
      cross.setAttribute("visibility", "visible");
      tip.replaceChildren(
        el("div", {class: "when"}, `${clock(c.source.from[i])} to ${clock(c.source.to[i])}`),
        ...c.lines.filter((l) => l.values[i] !== null && l.values[i] !== undefined).map((l) =>
          el("div", {class: "row"}, el("span", null, el("i", {style: `background:${l.colour}`}),
            l.name), el("b", null, c.format.exact(l.values[i])))));
      tip.hidden = false;
      const wide = tip.offsetWidth;
      const xPage = window.scrollX + event.clientX;
      const edge = window.scrollX + document.documentElement.clientWidth - 8;
      tip.style.left = `${Math.max(8, xPage + 16 + wide > edge ? xPage - wide - 16
        : xPage + 16)}px`;
      tip.style.top = `${window.scrollY + event.clientY + 16}px`;
    };
    root.addEventListener("pointermove", move);
    root.addEventListener("pointerdown", move);
    root.addEventListener("pointerleave", leave);
  };

  /** Bars of a distribution over a logarithmic axis of time. */
  const histogram = (title, bins, marks) => {
    const uppers = list(bins && bins.upper_s);
    const counts = list(bins && bins.count);
    const box = el("div", {class: "card chart"},
      el("div", {class: "chart-head"}, el("h3", null, title),
        el("span", {class: "unit"}, `${count(sum(counts))} samples`)));
    const host = el("div");
    box.append(host);
    drawn.push(() => {
      const width = Math.max(260, Math.floor(host.clientWidth || 500));
      const height = 170, left = 52, right = 14, top = 18, y0 = height - 24;
      const safe = uppers.map((u) => Math.max(u, 1e-6));
      const low = Math.log10(Math.min(...safe)) - 0.08;
      const high = Math.log10(Math.max(...safe)) + 0.04;
      const x = (s) => left + (Math.log10(Math.max(s, 1e-6)) - low) / Math.max(high - low, 0.1)
        * (width - left - right);
      const axis = nice(Math.max(...counts), 3);
      const root = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
        "aria-label": title});
      for (let v = 0; v <= axis.top * 1.0001; v += axis.step) {
        const y = y0 - v / axis.top * (y0 - top);
        root.append(svg("line", {class: v === 0 ? "base" : "grid", x1: left, x2: width - right,
          y1: y, y2: y}), svg("text", {x: left - 8, y: y + 4, "text-anchor": "end"}, short(v)));
      }
      let last = -1e9;
      for (let e = Math.floor(low); e <= high; e += 1) {
        for (const f of high - low > 2.5 ? [1] : [1, 2, 5]) {
          const s = f * Math.pow(10, e);
          const px = x(s);
          if (px >= left && px <= width - 16 && px - last > 46) {
            root.append(svg("text", {x: px, y: height - 6, "text-anchor": "middle"}, time(s)));
            last = px;
          }
        }
      }
      counts.forEach((n, i) => {
        const end = x(safe[i]);
        const begin = Math.max(left, x(safe[i] * Math.pow(2, -1 / 8)));
        const tall = Math.max(n / axis.top * (y0 - top), n > 0 ? 1 : 0);
        root.append(svg("rect", {x: begin, y: y0 - tall, width: Math.max(end - begin - 0.8, 1.2),
          height: tall, fill: "var(--accent)", rx: 1},
        svg("title", null, `up to ${time(uppers[i])}: ${count(n)}`)));
      });
      for (const mark of marks) {
        if (number(mark.at) === null) continue;
        const px = Math.min(Math.max(x(mark.at), left), width - right);
        root.append(svg("line", {class: "cross", x1: px, x2: px, y1: top, y2: y0}),
          svg("text", {x: px, y: top - 5, "text-anchor": px > width - 40 ? "end" : "middle"},
            mark.name));
      }
      host.replaceChildren(root);
    });
    return box;
  };

  // ---- tables ----
  const cell = (c) => (c !== null && typeof c === "object" && !(c instanceof Node)
    ? el("td", {class: c.class}, c.text) : el("td", null, c));
  const n = (text) => ({class: "n", text});
  const table = (head, rows) => el("div", {class: "card scroll"}, el("table", null,
    el("thead", null, el("tr", null, head.map((h) => (typeof h === "object"
      ? el("th", {class: "n"}, h.text) : el("th", null, h))))),
    el("tbody", null, rows.map((r) => (r instanceof Node ? r
      : el("tr", null, r.map(cell)))))));
  const section = (title, ...nodes) => {
    const all = nodes.flat().filter((x) => x);
    if (all.length) page.append(el("h2", null, title), ...all);
  };
  const facts = (pairs) => el("dl", null, pairs.filter(([, v]) => v !== "" && v !== null
    && v !== undefined).flatMap(([k, v]) => [el("dt", null, k), el("dd", null, v)]));

  // ---- charts of a run ----
  const whole = {axis: short, exact: count};
  const perSecond = {axis: short, exact: rate};
  const seconds = {axis: time, exact: time};
  const octets = {axis: size, exact: size, base: 1024};
  const words = (name) => name.replaceAll("_", " ");

  const bandsOf = (run, span) => list(run.faults).map((f) => ({name: f.name || "fault",
    from: number(f.at_s) || 0, to: number(f.ended_s) === null ? span : f.ended_s}));

  const stagesOf = (run) => list(run.stages).filter((s) => number(s.at_s) !== null)
    .map((s) => ({name: `${s.stage} ${s.kind}`, at: s.at_s}));

  const runCharts = (run) => {
    const s = series(run.series);
    if (!s.to.length) return null;
    const bands = bandsOf(run, s.span);
    const stages = stagesOf(run);
    const states = [["online", "var(--accent)"], ["subscribing", "var(--accent-2)"],
      ["logging_on", "var(--accent-2)"], ["connecting", "var(--accent-3)"],
      ["backing_off", "var(--wait)"], ["stopping", "var(--off)"], ["off", "var(--grid)"]];
    const line = (name, values, colour, more) => ({name, values, colour, kind: "line", ...more});
    const latency = (key) => [["p99", "var(--accent)"], ["p90", "var(--accent-2)"],
      ["p50", "var(--accent-3)"]].map(([q, colour]) => line(q, s.column(`${key}_${q}_s`), colour));
    const has = (key) => s.column(`${key}_count`).some((v) => v);
    return el("div", {class: "charts"},
      chart({title: "Devices by state", unit: "", source: s, bands, stages, wide: true,
        names: true, format: whole, lines: [...states.map(([name, colour]) => ({name: words(name),
          values: s.column(name), colour, kind: "stack"})),
        line("to be online", s.column("wanted"), "var(--ink)", {kind: "dash", width: 1.4})]}),
      chart({title: "Messages", unit: "a second", source: s, bands, stages, format: perSecond,
        lines: [line("published", s.rate("published"), "var(--accent)"),
          line("acknowledged", s.rate("acknowledged"), "var(--accent-2)", {kind: "dash"}),
          line("commands", s.rate("commands"), "var(--good)"),
          line("not sent", s.rate("skipped"), "var(--wait)"),
          line("sent late", s.rate("late_sends"), "var(--bad)")]}),
      chart({title: "From due to acknowledged", unit: "latency", source: s, bands, log: true,
        format: seconds, lines: latency("publish_ack")}),
      has("publish_reply") ? chart({title: "From due to the cloud's reply", unit: "latency",
        source: s, bands, log: true, format: seconds, lines: latency("publish_reply")}) : null,
      has("connect") ? chart({title: "To get online", unit: "latency", source: s, bands, log: true,
        format: seconds, lines: latency("connect")}) : null,
      chart({title: "Without acknowledgement", unit: "messages", source: s, bands, format: whole,
        lines: [line("in flight", s.column("in_flight"), "var(--accent)", {always: true})]}),
      chart({title: "Connections", unit: "a second", source: s, bands, format: perSecond, lines: [
        line("attempts", s.rate("attempts"), "var(--accent)"),
        line("reconnects", s.rate("reconnects"), "var(--accent-2)"),
        line("lost", s.rate("links_lost"), "var(--bad)")]}),
      chart({title: "How late homes turn", unit: "mean of the slowest", source: s, bands, log: true,
        format: seconds, lines: [line("devices", s.column("home_lag_s"), "var(--accent)",
          {always: true}), line("twin", s.column("twin_lag_s"), "var(--good)")]}),
      chart({title: "Processors", unit: "busy with this process", source: s, bands,
        format: {axis: short, exact: (v) => digits(v, 3)}, lines: [
          line("busy", s.column("cores_busy"), "var(--accent)", {always: true})]}),
      chart({title: "Network", unit: "octets a second", source: s, bands,
        format: {axis: size, base: 1024, exact: (v) => size(v) + "/s"}, lines: [
          line("sent", s.rate("bytes_sent"), "var(--accent)"),
          line("received", s.rate("bytes_received"), "var(--good)")]}),
      chart({title: "Memory", unit: "resident", source: s, bands, format: octets, lines: [
        line("resident", s.column("resident_bytes"), "var(--accent)", {always: true})]}));
  };

  // ---- a report ----
  const heading = (run) => {
    const r = run.run || {};
    const failed = run.verdict !== "passed";
    const about = [at(run, "environment.began") && at(run, "environment.began").replace("T", " ")
      .replace("Z", " UTC"), time(number(r.duration_s)), `${r.world || "?"} world`, r.target,
    r.profile, `seed ${r.seed}`].filter((x) => x);
    return el("header", null,
      el("div", null, el("p", {class: "brand"}, el("b", null, "fleet"), " run"),
        el("h1", null, r.scenario || `${count(at(run, "devices.requested"))} devices`),
        el("p", {class: "sub"}, about.join(" · "))),
      el("span", {class: "pill" + (r.interrupted ? " warn" : failed ? " bad" : ""), id: "verdict"},
        r.interrupted ? `${run.verdict}, interrupted` : run.verdict));
  };

  const note = (kind, title, lines) => el("section", {class: `card note ${kind}`},
    el("h3", null, title), lines.length ? el("ul", null, lines.map((l) => el("li", null, l)))
      : null);

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

  const tile = (label, value, more, bad) => el("div", {class: "card tile" + (bad ? " bad" : "")},
    el("div", {class: "label"}, label), el("div", {class: "value"}, value),
    el("div", {class: "more"}, more));

  const tiles = (run) => {
    const published = sum(at(run, "messages.published"));
    const span = number(at(run, "run.duration_s")) || 1;
    const ack = at(run, "latency.publish_ack") || {};
    const lost = at(run, "ledger.lost");
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
      [figure("process.cpu_s", time(at(run, "process.cpu_s"))), " of CPU"]));
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

  const latencyNames = {connect: "To get online", publish_ack: "From due to acknowledged",
    publish_reply: "From due to the cloud's reply"};
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
    ["unfinished", "neither acknowledged nor arrived"], ["missing_qos0", "of QoS 0, as they may"]];
  const ledger = (run) => {
    if (!run.ledger) return null;
    const value = (direction, key, bad) => {
      const path = `ledger.${direction}.${key}`;
      const v = number(at(run, path));
      return {class: "n" + (v === null ? " soft" : bad && v > 0 ? " bad" : ""),
        text: v === null ? "not judged" : counted(path)};
    };
    return table(["", {text: "Uplink"}, {text: "Downlink"}, ""], ledgerWords.map(([k, t, bad]) =>
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
    section("How it went", runCharts(run));
    section("Recovery from faults", recovery(run));
    section("Latency", latencies(run));
    section("Ledger", ledger(run));
    section("Products", products(run));
    section("Traffic of the cloud", traffic(run));
    section("Rollouts", rollouts(run));
    section("Reasons of failure", troubles(run));
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
    el("p", {class: "sub"}, [at(s, "environment.began"), time(at(s, "run.duration_s")),
      at(s, "run.target"), `seed ${at(s, "run.seed")}`].filter((x) => x).join(" · ")));
    page.append(el("header", null, el("div", null, el("p", {class: "brand"},
      el("b", null, "fleet"), " report"), el("h1", null, "Two runs side by side"))),
    el("div", {class: "columns", style: "margin-top:20px"}, side("A", a), side("B", b)));
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
      const span = Math.max(sa.span, sb.span);
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
        return chart({title, unit, source: main, span, log, format, lines: lines.map((l) => ({...l,
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

  const redraw = () => {
    const width = document.documentElement.clientWidth;
    if (width === shownWidth) return;
    shownWidth = width;
    tip.hidden = true;
    drawn.forEach((draw) => draw());
  };

  page.replaceChildren();
  if (data.compare) comparison(data.compare);
  else report(data);
  redraw();
  window.addEventListener("resize", redraw);
})();
