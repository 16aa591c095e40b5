"use strict";
/** What the pages of this program are made of: elements, amounts, charts over time, tables. */
const kit = (() => {
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

  // ---- series ----
  /** Columns by name, gauges as they stand, counts as rates. */
  const series = (raw) => {
    const to = list(raw && raw.at_s);
    const begin = number(raw && raw.begin_s) || 0;
    const from = to.map((_, i) => (i ? to[i - 1] : begin));
    const length = to.map((t, i) => Math.max(t - from[i], 1e-3));
    return {
      from, to, begin, end: to.length ? to[to.length - 1] : begin,
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
  const timeTicks = (begin, end, want) => {
    const span = end - begin;
    const step = timeSteps.find((s) => span / s <= want) || span / want;
    const out = [];
    for (let t = Math.ceil(begin / step - 1e-6) * step; t <= begin + span * 1.0001; t += step) {
      out.push(t);
    }
    return out;
  };
  const drawn = []; // to draw again when the width changes
  let shownWidth = 0;
  let pointed = null; // where the pointer rests: {host, clientX, clientY}

  /** Lets a reader point at moments of the chart in `host`, which may be drawn anew meanwhile. */
  const pointable = (host) => {
    const leave = () => {
      pointed = null;
      tip.hidden = true;
      if (host.firstChild) host.firstChild.leave();
    };
    const move = (event) => {
      pointed = {host, clientX: event.clientX, clientY: event.clientY};
      if (!host.firstChild.point(pointed)) leave();
    };
    host.addEventListener("pointermove", move);
    host.addEventListener("pointerdown", move);
    host.addEventListener("pointerleave", leave);
  };

  /**
   * A chart over time. lines: {name, values, colour, kind: "line" | "stack" | "dash"}, with
   * `format` for values, `log` for what spans decades, and bands behind all. What the element's
   * show() is given replaces some of that, and draws anew.
   */
  const chart = (given) => {
    let options = given;
    const legend = el("div", {class: "legend"});
    const host = el("div");
    const box = el("div", {class: "card chart" + (options.wide ? " wide" : "")},
      el("div", {class: "chart-head"}, el("h3", null, options.title),
        el("span", {class: "unit"}, options.unit), legend), host);
    const swatch = (l) => el("i", {class: l.kind === "stack" ? "" : "line",
      style: `background:${l.colour}`});
    const draw = () => {
      const present = options.lines.filter((l) => l.values.some((v) => v !== null && v !== 0)
        || l.always);
      legend.replaceChildren(...present.map((l) => el("span", null, swatch(l), l.name)));
      const width = Math.max(260, Math.floor(host.clientWidth || (options.wide ? 1040 : 500)));
      host.replaceChildren(drawChart(options, present, options.source, width, options.format,
        list(options.bands)));
      if (pointed && pointed.host === host) host.firstChild.point(pointed);
    };
    pointable(host);
    drawn.push(draw);
    box.show = (fresh) => {
      options = {...options, ...fresh};
      draw();
    };
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
    const stages = list(options.stages);
    const named = options.names && bands.length ? 32 : 14; // room for the names of faults
    const top = named + (options.names && stages.length ? 13 : 0);
    const left = 58, right = 12, bottom = 24;
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
    const begin = source.begin;
    const end = Math.max(options.end || 0, source.end, begin + 1e-3);
    const x = (t) => left + (t - begin) / (end - begin) * (width - left - right);
    const latest = lines.map((l) => [l.name, l.values[n - 1]]).filter(([, v]) => number(v) !== null)
      .map(([name, v]) => `${name} ${format.exact(v)}`).join(", ");
    const root = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": options.title + (latest ? `; at the end: ${latest}` : "")});
    for (const v of ticks) {
      root.append(svg("line", {class: v === 0 ? "base" : "grid", x1: left, x2: width - right,
        y1: y(v), y2: y(v)}),
      svg("text", {x: left - 8, y: y(v) + 4, "text-anchor": "end"}, format.axis(v)));
    }
    drawBands(root, bands, {x, top, y0, begin, end, left, width, right, names: options.names});
    for (const t of timeTicks(begin, end, Math.max(3, Math.floor(width / 95)))) {
      root.append(svg("text", {x: x(t), y: height - 6, "text-anchor": x(t) < left + 14 ? "start"
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
    drawStages(root, stages, {x, top, y0, begin, end, y: top - (named > 14 ? 31 : 5),
      names: options.names});
    hover(root, {source, lines, middle, left, right, width, top, y0, format, begin, end});
    return root;
  };

  /** Where each part of the load's stages begins, with its name where there is room. */
  const drawStages = (root, stages, at_) => {
    stages.forEach((s, i) => {
      const till = i + 1 < stages.length ? stages[i + 1].at : at_.end;
      if (till <= at_.begin || s.at >= at_.end) return;
      const from = at_.x(Math.max(s.at, at_.begin));
      if (i > 0 && s.at >= at_.begin) {
        root.append(svg("line", {class: "stage-edge", x1: from, x2: from, y1: at_.top,
          y2: at_.y0}));
      }
      if (at_.names && at_.x(Math.min(till, at_.end)) - from > s.name.length * 6 + 6) {
        root.append(svg("text", {class: "stage-name", x: from + 4, y: at_.y}, s.name));
      }
    });
  };

  const drawBands = (root, bands, at_) => {
    const ends = [-1e9, -1e9]; // of the names in both rows
    for (const band of bands) {
      if (Math.max(band.to, band.from) < at_.begin) continue;
      const from = at_.x(Math.min(Math.max(band.from, at_.begin), at_.end));
      const to = at_.x(Math.min(Math.max(band.to, band.from), at_.end));
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

  /** Gives a drawn chart point(), which answers whether there is a moment, and leave(). */
  const hover = (root, c) => {
    const cross = svg("line", {class: "cross", y1: c.top, y2: c.y0, visibility: "hidden"});
    root.append(cross);
    root.leave = () => cross.setAttribute("visibility", "hidden");
    root.point = (where) => {
      const box = root.getBoundingClientRect();
      const px = (where.clientX - box.left) / box.width * c.width;
      const t = c.begin + (px - c.left) / (c.width - c.left - c.right) * (c.end - c.begin);
      let i = c.source.to.findIndex((end) => t <= end);
      if (i < 0) i = c.source.to.length - 1;
      if (i < 0 || t < c.begin) return false;
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
      const xPage = window.scrollX + where.clientX;
      const edge = window.scrollX + document.documentElement.clientWidth - 8;
      tip.style.left = `${Math.max(8, xPage + 16 + wide > edge ? xPage - wide - 16
        : xPage + 16)}px`;
      tip.style.top = `${window.scrollY + where.clientY + 16}px`;
      return true;
    };
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
      ? el("th", {class: h.class || "n"}, h.text) : el("th", null, h))))),
    el("tbody", null, rows.map((r) => (r instanceof Node ? r
      : el("tr", null, r.map(cell)))))));
  const facts = (pairs) => el("dl", null, pairs.filter(([, v]) => v !== "" && v !== null
    && v !== undefined).flatMap(([k, v]) => [el("dt", null, k), el("dd", null, v)]));

  // ---- cards ----
  const note = (kind, title, lines) => el("section", {class: `card note ${kind}`},
    el("h3", null, title), lines.length ? el("ul", null, lines.map((l) => el("li", null, l)))
      : null);
  const tile = (label, value, more, bad) => el("div", {class: "card tile" + (bad ? " bad" : "")},
    el("div", {class: "label"}, label), el("div", {class: "value"}, value),
    el("div", {class: "more"}, more));
  const latencyNames = {connect: "To get online", publish_ack: "From due to acknowledged",
    publish_reply: "From due to the cloud's reply", downlink: "Commands, from due to acknowledged"};

  // ---- charts of a run ----
  const whole = {axis: short, exact: count};
  const perSecond = {axis: short, exact: rate};
  const seconds = {axis: time, exact: time};
  const octets = {axis: size, exact: size, base: 1024};
  const words = (name) => name.replaceAll("_", " ");

  /** Of a fault that is not over, the end is that of what is shown. */
  const bandsOf = (faults, end) => list(faults).map((f) => ({name: f.name || "fault",
    from: number(f.at_s) || 0, to: number(f.ended_s) === null ? end : f.ended_s}));

  const stagesOf = (stages) => list(stages).filter((s) => number(s.at_s) !== null)
    .map((s) => ({name: `${s.stage} ${s.kind}`, at: s.at_s}));

  /** The charts of a run's series, each as chart() takes it. */
  const chartsOf = (source, bands, stages) => {
    const s = source;
    const states = [["online", "var(--accent)"], ["subscribing", "var(--accent-2)"],
      ["logging_on", "var(--accent-2)"], ["connecting", "var(--accent-3)"],
      ["backing_off", "var(--wait)"], ["stopping", "var(--off)"], ["off", "var(--grid)"]];
    const line = (name, values, colour, more) => ({name, values, colour, kind: "line", ...more});
    const latency = (key) => [["p99", "var(--accent)"], ["p90", "var(--accent-2)"],
      ["p50", "var(--accent-3)"]].map(([q, colour]) => line(q, s.column(`${key}_${q}_s`), colour));
    const has = (key) => s.column(`${key}_count`).some((v) => v);
    const all = [
      {title: "Devices by state", unit: "", wide: true, names: true, format: whole, stages,
        lines: [...states.map(([name, colour]) => ({name: words(name), values: s.column(name),
          colour, kind: "stack"})),
        line("to be online", s.column("wanted"), "var(--ink)", {kind: "dash", width: 1.4})]},
      {title: "Messages", unit: "a second", format: perSecond, stages, lines: [
        line("published", s.rate("published"), "var(--accent)"),
        line("acknowledged", s.rate("acknowledged"), "var(--accent-2)", {kind: "dash"}),
        line("commands", s.rate("commands"), "var(--good)"),
        line("not sent", s.rate("skipped"), "var(--wait)"),
        line("sent late", s.rate("late_sends"), "var(--bad)")]},
      {title: "From due to acknowledged", unit: "latency", log: true, format: seconds,
        lines: latency("publish_ack")},
      has("publish_reply") ? {title: "From due to the cloud's reply", unit: "latency", log: true,
        format: seconds, lines: latency("publish_reply")} : null,
      has("downlink") ? {title: "Commands, from due to acknowledged", unit: "latency", log: true,
        format: seconds, lines: latency("downlink")} : null,
      has("connect") ? {title: "To get online", unit: "latency", log: true, format: seconds,
        lines: latency("connect")} : null,
      {title: "Without acknowledgement", unit: "messages", format: whole,
        lines: [line("in flight", s.column("in_flight"), "var(--accent)", {always: true})]},
      {title: "Connections", unit: "a second", format: perSecond, lines: [
        line("attempts", s.rate("attempts"), "var(--accent)"),
        line("reconnects", s.rate("reconnects"), "var(--accent-2)"),
        line("lost", s.rate("links_lost"), "var(--bad)")]},
      {title: "How late homes turn", unit: "mean of the slowest", log: true, format: seconds,
        lines: [line("devices", s.column("home_lag_s"), "var(--accent)", {always: true}),
          line("twin", s.column("twin_lag_s"), "var(--good)")]},
      {title: "Processors", unit: "busy with this process",
        format: {axis: short, exact: (v) => digits(v, 3)}, lines: [
          line("busy", s.column("cores_busy"), "var(--accent)", {always: true})]},
      {title: "Network", unit: "octets a second",
        format: {axis: size, base: 1024, exact: (v) => size(v) + "/s"}, lines: [
          line("sent", s.rate("bytes_sent"), "var(--accent)"),
          line("received", s.rate("bytes_received"), "var(--good)")]},
      {title: "Memory", unit: "resident", format: octets, lines: [
        line("resident", s.column("resident_bytes"), "var(--accent)", {always: true})]}];
    return all.filter((x) => x).map((options) => ({...options, source, bands}));
  };

  const redraw = () => {
    const width = document.documentElement.clientWidth;
    if (width === shownWidth) return;
    shownWidth = width;
    tip.hidden = true;
    drawn.forEach((draw) => draw());
  };

  return {el, at, number, list, sum, count, digits, time, clock, size, short, rate, figure, series,
    chart, histogram, n, table, facts, whole, perSecond, seconds, octets, words, bandsOf, stagesOf,
    chartsOf, redraw, note, tile, latencyNames};
})();
