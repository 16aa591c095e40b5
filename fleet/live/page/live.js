(() => {
  const {el, at, number, list, sum, count, digits, time, clock, size, rate, figure, series, chart,
    n, table, words, bandsOf, chartsOf, redraw, note, tile, latencyNames} = kit;
  const page = document.getElementById("page");
  const vocabulary = JSON.parse(document.getElementById("vocabulary").textContent);
  const rowsMost = 300;
  const phases = [["online", "var(--accent)"], ["subscribing", "var(--accent-2)"],
    ["logging_on", "var(--accent-2)"], ["connecting", "var(--accent-3)"],
    ["backing_off", "var(--wait)"], ["stopping", "var(--off)"], ["stopped", "var(--off)"],
    ["off", "var(--grid)"]];

  // ---- what is known ----
  let facts = null;   // the last answer that had any
  let silent = "";    // why there is no newer one
  let columns = [];   // of the series
  let rows = [];
  let begin = 0;      // where the first row's stretch begins
  let next = 0;       // of the row to come
  let token = "";
  let may = "";       // "": not known; "yes", "no": what the run says to the token

  const take = (answer) => {
    if (!answer.ready) {
      facts = null;
      return;
    }
    const another = facts && facts.run.pid !== answer.run.pid;
    facts = answer;
    const fresh = answer.series;
    if (another) may = "";
    if (another || fresh.first !== next) rows = []; // another run, or rows that nobody kept
    if (!rows.length) begin = fresh.begin_s;
    columns = fresh.columns;
    rows.push(...fresh.rows);
    next = fresh.next;
    const over = rows.length - rowsMost;
    if (over > 0) {
      begin = rows[over - 1][0];
      rows.splice(0, over);
    }
  };

  const seriesNow = () => {
    const raw = {begin_s: begin};
    columns.forEach((name, i) => { raw[name] = rows.map((row) => row[i]); });
    return series(raw);
  };

  // ---- showing it ----
  /** Makes `old` what `fresh` is and keeps what is the same, so that focus and selection stay. */
  const morph = (old, fresh) => {
    if (old.nodeName !== fresh.nodeName) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    for (const {name} of [...old.attributes]) {
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const {name, value} of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const want = [...fresh.childNodes];
    want.forEach((child, i) => {
      if (old.childNodes[i]) morph(old.childNodes[i], child);
      else old.append(child);
    });
    while (old.childNodes.length > want.length) old.lastChild.remove();
  };
  const show = (host, ...nodes) => {
    const fresh = host.cloneNode(false);
    fresh.append(...nodes.flat().filter((x) => x));
    morph(host, fresh);
  };

  const counted = (path) => figure(path, count(at(facts, path)));
  const timed = (path) => figure(path, time(at(facts, path)));
  const rated = (path) => figure(path, rate(at(facts, path)));
  const percent = (part, all) => `${Math.min(100, Math.max(0, all > 0 ? part / all * 100 : 0))}%`;
  const plural = (k, one, many) => `${count(k)} ${k === 1 ? one : many}`;

  const heading = () => {
    const r = facts.run;
    const kinds = {draining: "warn", stopping: "warn"};
    const products = list(r.products).length > 1 ? plural(r.products.length, "product", "products")
      : "";
    return [el("div", null, el("p", {class: "brand"}, el("b", null, "fleet"), " run, live"),
      el("h1", null, r.scenario || `${count(at(facts, "devices.requested"))} devices`),
      el("p", {class: "sub"}, [r.target, products, `${r.world} world`, `seed ${r.seed}`]
        .filter((x) => x).join(" · "))),
    el("span", {class: `pill ${silent ? "bad" : kinds[r.stage] || ""}`, id: "stage"},
      silent ? "no answer" : r.stage)];
  };

  const progress = () => {
    const {elapsed_s: gone, duration_s: whole} = facts.run;
    const left = Math.max(0, whole - gone);
    const told = [el("span", null, timed("run.elapsed_s"), " gone"),
      el("span", null, left > 0 ? `${time(left)} left of ${time(whole)}`
        : `the ${time(whole)} are over`)];
    return [el("div", {class: "progress", role: "progressbar", "aria-label": "Time of the run",
      "aria-valuemin": 0, "aria-valuemax": Math.round(whole),
      "aria-valuenow": Math.round(Math.min(gone, whole)), "aria-valuetext":
        `${time(gone)} of ${time(whole)}`}, el("i", {style: `width:${percent(gone, whole)}`})),
    el("div", {class: "gone"}, told)];
  };

  const stack = (label, parts) => {
    const all = parts.reduce((s, [, k]) => s + k, 0);
    const there = parts.filter(([, k]) => k);
    return el("div", {class: "stack", role: "img", "aria-label": `${label}: `
      + (there.map(([name, k]) => `${name} ${count(k)}`).join(", ") || "none")},
    there.map(([, k, colour]) => el("i", {style:
      `width:${percent(k, all)};background:${colour}`})));
  };

  const fleetState = () => {
    const by = at(facts, "devices.phases") || {};
    const parts = phases.map(([name, colour]) => [words(name), by[name] || 0, colour, name]);
    return [el("div", {class: "chart-head"}, el("h3", null, "The fleet now"),
      el("span", {class: "unit"}, plural(sum(by), "device", "devices"))),
    stack("Devices by state", parts),
    el("div", {class: "legend"}, parts.filter(([name, k]) => k || name === "online").map(
      ([name, , colour, path]) => el("span", null, el("i", {style: `background:${colour}`}),
        `${name} `, counted(`devices.phases.${path}`))))];
  };

  const limits = {generator: "This machine", network_or_target: "Network or target",
    nobody: "Nobody", unknown: "Too early to say"};

  const tiles = () => {
    const lost = at(facts, "ledger.not_arrived");
    const short = at(facts, "devices.online") < at(facts, "devices.wanted");
    const recent = at(facts, "latency.publish_ack.recent") || {};
    const who = at(facts, "limit.who");
    const limit = tile("Who is the limit", limits[who] || who, [rated("rates.late_sends"),
      " sent late"], who === "generator");
    limit.querySelector(".value").classList.add("words");
    if (who === "network_or_target") limit.classList.add("warn");
    return [
      tile("Online", counted("devices.online"), ["of ", counted("devices.wanted"),
        " that should be"], short),
      tile("Sent", rated("rates.published"), [counted("messages.published"), " so far"]),
      tile("Acknowledged", rated("rates.acknowledged"), [counted("messages.in_flight"),
        " under way"]),
      tile("Acknowledged within", recent.count ? timed("latency.publish_ack.recent.p99") : "–",
        recent.count ? ["p99; ", timed("latency.publish_ack.p99"), " since the start"]
          : "nothing was just now"),
      tile("Unexplained lost", number(lost) === null ? el("small", null, "not known yet")
        : counted("ledger.not_arrived"), [counted("ledger.acknowledged"), " acknowledged"],
      lost > 0), limit];
  };

  const limitNote = () => {
    const who = at(facts, "limit.who");
    const kind = {generator: "bad", network_or_target: "warn"}[who];
    if (!kind) return null;
    return note(kind, who === "generator"
      ? "This machine is the limit: it does not send in time, and latencies hold its own delay"
      : "Network or target is the limit: reports leave in time and are not taken in time",
    list(at(facts, "limit.evidence")));
  };

  const drawnCharts = new Map();
  const foremost = ["Devices by state", "Messages", "From due to acknowledged"];
  const showCharts = () => {
    const s = seriesNow();
    const bands = bandsOf(list(facts.faults).filter((f) => f.state !== "waiting")
      .map((f) => ({name: f.name, at_s: f.begins_s, ended_s: f.ended_s})), s.end);
    for (const options of s.to.length ? chartsOf(s, bands) : []) {
      const there = drawnCharts.get(options.title);
      if (there) {
        there.show(options);
      } else {
        const made = chart(options);
        drawnCharts.set(options.title, made);
        (foremost.includes(options.title) ? charts : moreCharts).append(made);
        made.show({});
      }
    }
    minutes.textContent = s.to.length ? `The last ${time(Math.max(1, s.end - s.begin))}` : "";
  };

  const latencies = () => {
    const over = time(at(facts, "rates.over_s"));
    const all = Object.keys(latencyNames).filter((k) => at(facts, `latency.${k}.count`));
    const cells = (path) => [n(counted(`${path}.count`)), ...["p50", "p90", "p99", "max"].map(
      (c) => n(at(facts, `${path}.count`) ? timed(`${path}.${c}`) : "–"))];
    return all.length ? table(["", {text: "Samples"}, {text: "p50"}, {text: "p90"}, {text: "p99"},
      {text: "Most"}], all.flatMap((k) => [
      [el("span", null, latencyNames[k], el("small", {class: "under"}, `the last ${over}`)),
        ...cells(`latency.${k}.recent`)],
      [{class: "soft", text: "since the start"}, ...cells(`latency.${k}`)]]))
      : el("p", {class: "calm"}, "Nothing has been measured yet.");
  };

  const faults = () => {
    const all = list(facts.faults);
    if (!all.length) return el("p", {class: "calm"}, "None is in force, and none is to come.");
    const aside = (text) => ({class: "n aside", text});
    const back = (f) => (number(facts.recovered[f.name]) !== null
      ? figure(`recovered.${f.name}`, time(facts.recovered[f.name]))
      : f.state === "over" ? "not yet" : "–");
    return table(["Fault", "State", aside("At"), {text: "Hit"}, aside("Strikes"), aside("Whole in"),
      ...(may === "yes" ? [""] : [])], all.map((f, i) => [
      el("span", null, f.name, el("small", {class: "under"}, f.text)),
      {class: f.state === "in force" ? "bad" : "soft", text: f.state}, aside(time(f.begins_s)),
      n(el("span", null, counted(`faults.${i}.hit`), "/", counted(`faults.${i}.selected`))),
      aside(counted(`faults.${i}.strikes`)), aside(back(f)),
      ...(may === "yes" ? [n(el("button", {type: "button", "data-remove": f.name,
        "aria-label": `Remove ${f.name}`}, el("span", {class: "long"}, "Remove"),
        el("span", {class: "short"}, "✕")))] : [])]));
  };

  const states = [["succeeded", "var(--good)"], ["upgrading", "var(--accent)"],
    ["offered", "var(--accent-2)"], ["waiting", "var(--off)"], ["failed", "var(--bad)"],
    ["cancelled", "var(--faint)"]];
  const rollouts = () => {
    const known = states.map(([name]) => name);
    const all = list(facts.rollouts);
    return all.length ? table(["Rollout", "Devices"], all.map((r) => {
      const parts = [...states, ...Object.keys(r.states).filter((k) => !known.includes(k))
        .map((k) => [k, "var(--faint)"])].map(([name, colour]) => [words(name),
        r.states[name] || 0, colour]);
      return [el("span", null, r.name, el("small", {class: "under"}, `${r.product}, ${r.running
        ? "running" : r.devices ? "at rest" : "to come"}`)),
        el("div", null, stack(r.name, parts), el("div", {class: "legend"},
          parts.filter(([, k]) => k).map(([name, k, colour]) => el("span", null,
            el("i", {style: `background:${colour}`}), `${name} ${count(k)}`))))];
    })) : null;
  };

  const ledger = () => {
    const row = (name, path, bad) => {
      const v = number(at(facts, path));
      return [name, {class: "n" + (v === null ? " soft" : bad && v > 0 ? " bad" : ""),
        text: v === null ? "not known yet" : counted(path)}];
    };
    return table(["", {text: "So far"}], [row("Reports sent", "ledger.attempted"),
      row("acknowledged", "ledger.acknowledged"), row("arrived there", "ledger.arrived"),
      row("acknowledged and not arrived", "ledger.not_arrived", true),
      row("corrupted", "ledger.corrupted", true), row("Commands sent", "ledger.commands"),
      row("arrived at devices", "ledger.commands_arrived"),
      row("corrupted", "ledger.commands_corrupted", true)]);
  };

  const homes = () => table(["Home", {text: "Late p50"}, {text: "p99"}, {text: "Most"},
    {text: "Queued"}, {text: "Timers"}, {text: "Streams"}], list(facts.homes).map((h, i) => [
    h.name, ...["lag_p50", "lag_p99", "lag_max"].map((k) => n(timed(`homes.${i}.${k}`))),
    ...["queued", "timers", "streams"].map((k) => n(counted(`homes.${i}.${k}`)))]));

  const machine = () => {
    const p = facts.process || {};
    return el("p", {class: "hint"}, [`${digits(p.cores_busy || 0, 2)} of ${p.cores} processors `
      + "busy", `${size(p.resident_bytes)} of memory`, p.bytes_per_device
      ? `${size(p.bytes_per_device)} a device` : ""].filter((x) => x).join(" · "));
  };

  const troubles = () => {
    const all = list(facts.troubles);
    return all.length ? table(["What", {text: `The last ${time(facts.troubles_over_s)}`},
      {text: "Since the start"}], all.map((t, i) => [t.what,
      {class: "n" + (t.recent ? " warn" : " soft"), text: counted(`troubles.${i}.recent`)},
      n(counted(`troubles.${i}.all`))])) : el("p", {class: "calm"}, "None so far.");
  };

  const news = () => {
    const all = list(facts.news).slice(-12).reverse();
    return all.length ? el("div", {class: "card"}, el("ul", {class: "news"}, all.map((line) =>
      el("li", null, el("time", null, clock(line.at_s)), el("span", null, line.text)))))
      : el("p", {class: "calm"}, "Nothing to tell.");
  };

  // ---- orders ----
  const order = async (what) => {
    const answer = await fetch("orders", {method: "POST", cache: "no-store", body:
      JSON.stringify(what), headers: {Authorization: `Bearer ${token}`,
      "Content-Type": "application/json"}});
    return {status: answer.status, ...await answer.json()};
  };
  const say = (text, bad) => {
    said.textContent = text;
    said.className = `said${bad ? " bad" : ""}`;
  };
  const give = async (what, done) => {
    try {
      const answer = await order(what);
      if (answer.ok) say([...(answer.told || []), ...(answer.notes || [])].join(" · ") || done);
      else say(answer.error, true);
    } catch (why) {
      say("The run does not answer; the order may not have reached it.", true);
    }
    await ask();
  };
  /** Asks once whether the token is this run's. */
  const introduce = async () => {
    if (!token || may || !facts || !facts.orders) return;
    may = "asking";
    try {
      may = (await order({do: "who"})).ok ? "yes" : "no";
    } catch (why) {
      may = "";
    }
    render();
  };

  const field = (name, label, control) => el("label", null, label, control);
  const effect = el("select", {name: "effect"});
  for (const group of [...new Set(vocabulary.map((w) => w.group))]) {
    effect.append(el("optgroup", {label: group}, vocabulary.filter((w) => w.group === group)
      .map((w) => el("option", {value: w.word}, words(w.word)))));
  }
  effect.value = "latency";
  const span = el("input", {name: "for", placeholder: "as usual", autocomplete: "off",
    autocapitalize: "off", spellcheck: "false"});
  const share = el("input", {name: "percent", placeholder: "all", inputmode: "decimal",
    autocomplete: "off"});
  const more = el("input", {name: "more", placeholder: "by=300ms", autocomplete: "off",
    autocapitalize: "off", spellcheck: "false"});
  const told = el("p");
  const form = el("form", {class: "card", id: "order", hidden: ""},
    field("effect", "What goes wrong", effect), field("for", "For how long", span),
    field("percent", "Percent of devices", share), field("more", "More words", more),
    el("button", {type: "submit"}, "Add fault"), told);
  const orderWords = () => [effect.value, span.value.trim() && `for=${span.value.trim()}`,
    share.value.trim() && `percent=${share.value.trim().replace(/%$/, "")}%`, more.value.trim()]
    .filter((x) => x).join(" ");
  const tell = () => {
    const entry = vocabulary.find((w) => w.word === effect.value) || {};
    told.replaceChildren(el("code", null, orderWords()), ` – ${entry.text || ""}. When nothing `
      + `more is said: ${entry.usual || ""}.`);
  };
  form.addEventListener("input", tell);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    give({do: "add", words: orderWords()}, "Added.");
  });
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (button) {
      const name = button.dataset.remove;
      give({do: "remove", names: [name]}, `Removed ${name}.`);
    }
  });
  const hint = () => {
    if (may === "yes") return "";
    if (!facts.orders) return "This page only shows; this run takes no orders by it.";
    if (may === "no") return "This page only shows: the token in its address is not this run's.";
    return "This page only shows. With the token that the run prints at its start, as #token=… "
      + "at the end of the address, it can order faults too.";
  };

  // ---- the page ----
  const part = (title, ...hosts) => el("section", null, el("h2", null, title), hosts);
  const [head, said, foot] = ["header", "p", "p"].map((name) => el(name));
  const [time_, state, tileRow, limit, charts, moreCharts, latency, faultTable, rolloutTable,
    ledgerTable, troubleTable, homeTable, newsList] = Array.from({length: 13}, () => el("div"));
  const minutes = el("h2");
  const rolloutPart = part("Rollouts", rolloutTable);
  const waiting = el("p", {class: "sub", role: "status"}, "The run is being put together.");
  const whole = el("div", {hidden: ""}, head, time_, state, limit, tileRow,
    el("section", null, minutes, charts), part("Faults", faultTable, form, said, foot), rolloutPart,
    el("div", {class: "columns"}, part("What happened", newsList), part("Troubles", troubleTable)),
    part("Latency", latency),
    el("div", {class: "columns"}, part("Ledger", ledgerTable), part("Homes", homeTable)),
    part("Behind it", moreCharts),
    el("footer", null, "Latencies count from the moment a report was due. The ledger is judged "
      + "when the run is over: what is under way is not lost yet. Shaded: a fault in force. For "
      + "Prometheus: ", el("a", {href: "metrics"}, "/metrics")));
  faultTable.id = "faults";
  state.className = "card fleet-state";
  tileRow.className = "tiles";
  charts.className = moreCharts.className = "charts";
  said.className = "said";
  said.setAttribute("role", "status");
  foot.className = "hint";
  page.replaceChildren(el("h1", {id: "before", hidden: ""}, "fleet run"), waiting, whole);

  const render = () => {
    whole.hidden = !facts;
    waiting.textContent = silent ? `${silent} What is shown is the last that was heard.`
      : facts ? "" : "The run is being put together.";
    waiting.hidden = !waiting.textContent;
    waiting.className = silent ? "card note bad" : "sub";
    if (!facts) return;
    document.title = `${count(facts.devices.online)} online, ${silent ? "no answer"
      : facts.run.stage} – fleet`;
    show(head, heading());
    show(time_, progress());
    show(state, fleetState());
    show(limit, limitNote());
    show(tileRow, tiles());
    show(faultTable, faults());
    form.hidden = may !== "yes";
    foot.textContent = hint();
    foot.hidden = !foot.textContent;
    const flows = rollouts();
    rolloutPart.hidden = !flows;
    show(rolloutTable, flows);
    show(latency, latencies());
    show(ledgerTable, ledger());
    show(troubleTable, troubles());
    show(homeTable, [homes(), machine()]);
    show(newsList, news());
    showCharts();
  };

  // ---- asking ----
  let asking = null;
  const ask = () => {
    asking = asking || (async () => {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), 10000);
      try {
        const answer = await fetch(`live.json?from=${next}`, {cache: "no-store",
          signal: patience.signal});
        if (!answer.ok) throw new Error(String(answer.status));
        take(await answer.json());
        silent = "";
      } catch (why) {
        silent = "The run is over, or cannot be reached.";
      }
      clearTimeout(timer);
      asking = null;
      render();
      introduce();
    })();
    return asking;
  };
  const tokenOf = (hash) => {
    try {
      return decodeURIComponent((/^#token=(.+)$/.exec(hash) || ["", ""])[1]);
    } catch (why) {
      return "";
    }
  };
  const readToken = () => {
    token = tokenOf(window.location.hash);
    may = "";
    introduce();
  };
  const turn = async () => {
    await ask();
    setTimeout(turn, document.hidden ? 5000 : silent ? 3000 : 1000);
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  window.addEventListener("hashchange", readToken);
  window.addEventListener("resize", redraw);
  tell();
  readToken();
  turn();
})();
