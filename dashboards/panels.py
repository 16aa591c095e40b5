# What a Grafana dashboard of fleet is made of: panels with the same units, legends and colours,
# laid out left to right. Knows nothing of single metrics; those are pages.py's.
SCHEMA = 39  # of Grafana 11

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"


def limits(warn, bad):
    """Green below `warn`, yellow from there, red from `bad`; or the other way round."""
    if bad < warn:
        return [{"color": RED, "value": None}, {"color": YELLOW, "value": bad},
                {"color": GREEN, "value": warn}]
    return [{"color": GREEN, "value": None}, {"color": YELLOW, "value": warn},
            {"color": RED, "value": bad}]


def none_is_good(bad=1):
    return [{"color": GREEN, "value": None}, {"color": RED, "value": bad}]


def quantiles(metric, by="", where="", ps=(0.5, 0.9, 0.99)):
    """Quantiles of a histogram as (expression, legend) pairs, by labels if any."""
    grouping = ", ".join(["le", *([by] if by else [])])
    legend = f"{{{{{by}}}}} " if by else ""
    return [(f"histogram_quantile({p:g}, sum by ({grouping}) "
             f"(rate({metric}_bucket{{{select(where)}}}[$__rate_interval])))",
             f"{legend}p{p * 100:g}") for p in ps]


def select(more=""):
    """The label matchers of every query."""
    return 'instance=~"$instance"' + (f", {more}" if more else "")


def rate(metric, by="", where=""):
    inner = f"rate({metric}{{{select(where)}}}[$__rate_interval])"
    return f"sum by ({by}) ({inner})" if by else f"sum({inner})"


def total(metric, by="", where=""):
    inner = f"{metric}{{{select(where)}}}"
    return f"sum by ({by}) ({inner})" if by else f"sum({inner})"


def panel(kind, title, text, queries, unit="short", **more):
    """One panel. `queries`: (expression, legend) pairs, or one expression; `text`: what to look
    for. More: width, height, thresholds, decimals, low, high, stacked, instant, extra options."""
    targets = []
    queries = [queries] if isinstance(queries, str) else queries
    for number, query in enumerate(queries):
        expression, legend = (query, "") if isinstance(query, str) else query
        targets.append({"datasource": SOURCE, "refId": chr(ord("A") + number), "expr": expression,
                        "legendFormat": legend or "__auto",
                        **({"instant": True, "range": False} if more.get("instant") else
                           {"range": True}),
                        **({"format": more["format"]} if "format" in more else {})})
    defaults = {"unit": unit, "color": {"mode": more.get("color", "palette-classic")},
                "thresholds": {"mode": "absolute",
                               "steps": more.get("thresholds",
                                                 [{"color": GREEN, "value": None}])},
                "mappings": more.get("mappings", [])}
    for name, key in (("decimals", "decimals"), ("low", "min"), ("high", "max")):
        if name in more:
            defaults[key] = more[name]
    if "custom" in more:
        defaults["custom"] = more["custom"]
    return {"type": kind, "title": title, "description": text, "datasource": SOURCE,
            "targets": targets, "options": more.get("options", {}),
            "fieldConfig": {"defaults": defaults, "overrides": more.get("overrides", [])},
            **({"transformations": more["transformations"]} if "transformations" in more else {}),
            "size": (more.get("width", 8), more.get("height", 8))}


def lines(title, text, queries, unit="short", stacked=False, **more):
    """Values over time, with their last and highest in a table below."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 25 if stacked else 8,
              "showPoints": "never", "spanNulls": False, "axisSoftMin": 0,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
              "thresholdsStyle": {"mode": "dashed" if "thresholds" in more else "off"}}
    options = {"legend": {"displayMode": "table", "placement": "bottom", "showLegend": True,
                          "calcs": ["lastNotNull", "max"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, text, queries, unit, custom=custom, options=options, **more)


def figure(title, text, query, unit="short", **more):
    """One number with a small curve."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "colorMode": "value", "graphMode": more.pop("graph", "area"),
               "textMode": more.pop("mode", "auto"), "justifyMode": "center",
               "orientation": "auto"}
    return panel("stat", title, text, query, unit, options=options, color="thresholds",
                 **{"width": 4, "height": 4, **more})


def meter(title, text, query, unit="percentunit", **more):
    """One number on a scale."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "showThresholdMarkers": True, "showThresholdLabels": False}
    return panel("gauge", title, text, query, unit, options=options, color="thresholds",
                 **{"width": 4, "height": 4, "low": 0, "high": 1, **more})


def bars(title, text, query, unit="short", **more):
    """The last values side by side."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "orientation": "horizontal", "displayMode": "gradient", "showUnfilled": True,
               "valueMode": "color"}
    return panel("bargauge", title, text, query, unit, options=options, color="thresholds",
                 **{"low": 0, **more})


def states(title, text, query, **more):
    """Who was in which state when."""
    options = {"mergeValues": True, "showValue": "never", "alignValue": "left", "rowHeight": 0.8,
               "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
               "tooltip": {"mode": "single", "sort": "none"}}
    return panel("state-timeline", title, text, query, options=options, color="thresholds",
                 custom={"lineWidth": 0, "fillOpacity": 80}, **more)


def heat(title, text, metric, unit="s", **more):
    """All of a histogram's buckets over time."""
    query = (f"sum by (le) (rate({metric}_bucket{{{select()}}}[$__rate_interval]))", "{{le}}")
    options = {"calculate": False, "cellGap": 1, "yAxis": {"unit": unit},
               "color": {"mode": "scheme", "scheme": "Turbo", "steps": 64, "exponent": 0.5,
                         "reverse": False, "fill": "dark-orange"},
               "tooltip": {"show": True, "yHistogram": False}, "legend": {"show": True},
               "rowsFrame": {"layout": "auto"}, "filterValues": {"le": 1e-9}}
    return panel("heatmap", title, text, [query], unit, options=options, format="heatmap", **more)


def table(title, text, queries, columns, **more):
    """Label values of now; `columns`: label or value → its heading, in order."""
    arranged = {"excludeByName": {"Time": True}, "indexByName":
                {name: at for at, name in enumerate(columns)}, "renameByName": dict(columns)}
    kept = {"include": {"names": list(columns)}}
    steps = [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    steps += [{"id": "filterFieldsByName", "options": kept},
              {"id": "organize", "options": arranged}]
    return panel("table", title, text, queries, instant=True, format="table",
                 transformations=steps, options={"showHeader": True, "cellHeight": "sm"},
                 custom={"align": "auto", "filterable": True}, **more)


def annotation(name, colour, expression, title, text):
    return {"name": name, "datasource": SOURCE, "enable": True, "hide": False,
            "iconColor": colour, "expr": expression, "titleFormat": title, "textFormat": text,
            "step": "", "useValueForTime": False}


def chosen(name, label, query, **more):
    """A variable whose values Prometheus knows; all of them at first."""
    return {"type": "query", "name": name, "label": label, "datasource": SOURCE,
            "definition": query, "query": {"qryType": 1, "query": query, "refId": "variable"},
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]}, "options": [], "hide": 0, **more}


def laid_out(rows):
    """Gives (heading, panels) pairs their places, 24 columns wide, and their numbers."""
    out, number, top = [], 0, 0
    for heading, panels in rows:
        number += 1
        out.append({"type": "row", "title": heading, "collapsed": False, "id": number,
                    "gridPos": {"h": 1, "w": 24, "x": 0, "y": top}, "panels": []})
        top += 1
        left, tallest = 0, 0
        for one in panels:
            number += 1
            width, height = one.pop("size")
            if left + width > 24:
                left, top, tallest = 0, top + tallest, 0
            one["id"] = number
            one["gridPos"] = {"h": height, "w": width, "x": left, "y": top}
            left, tallest = left + width, max(tallest, height)
            out.append(one)
        top += tallest
    return out


def dashboard(uid, title, text, rows, instances, variables=()):
    """A whole dashboard; `instances`: the metric that tells which processes it is about."""
    links = [{"type": "dashboards", "title": "fleet", "tags": ["fleet"], "asDropdown": True,
              "includeVars": True, "keepTime": True, "targetBlank": False, "icon": "external link",
              "url": "", "tooltip": ""}]
    source = {"type": "datasource", "name": "datasource", "label": "Data source",
              "query": "prometheus", "regex": "", "refresh": 1, "hide": 0, "multi": False,
              "includeAll": False, "current": {}, "options": []}
    process = chosen("instance", "Process", f"label_values({instances}, instance)")
    notes = [annotation("Faults", "red",
                        f"max by (fault, effect) (fleet_fault_active{{{select()}}}) == 1",
                        "{{fault}}", "{{effect}} in force"),
             annotation("Stages", "blue", f"max by (stage) (fleet_run_stage{{{select()}}}) == 1",
                        "{{stage}}", "stage of the run")]
    return {"uid": uid, "title": title, "description": text, "tags": ["fleet"],
            "schemaVersion": SCHEMA, "version": 1, "editable": True, "graphTooltip": 1,
            "time": {"from": "now-15m", "to": "now"}, "refresh": "5s", "timezone": "browser",
            "timepicker": {"refresh_intervals": ["2s", "5s", "10s", "30s", "1m", "5m"]},
            "links": links, "annotations": {"list": notes},
            "templating": {"list": [source, process, *variables]}, "panels": laid_out(rows)}
