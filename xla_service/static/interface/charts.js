/* Draws the charts of a page over their server-made drawings, which stay for print and for readers without script.
   Each <figure class="chart" data-chart="JSON"> holds the values and the words to show, already rounded. Colours are read from the tokens, so light and dark follow by themselves.
   ECharts is fetched when the first chart comes into view of the page, also by way of htmx. */
(() => {
  "use strict";
  const drawn = new Map();
  const library = document.currentScript.dataset.echarts;
  let fetched = null;

  function token(name) {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }

  /* A tooltip is never wider than its chart; the list below the charts holds the whole of it. */
  const shortened = (label) => (label.length > 32 ? `${label.slice(0, 31).trimEnd()}…` : label);

  function words(chart, index) {
    const lines = [chart.days[index], `${chart.name}: ${chart.words[index]}`];
    if (chart.spans[index]) lines.push(`${chart.words95}: ${chart.spans[index]}`);
    if (chart.counts[index]) lines.push(chart.counts[index]);
    for (const mark of chart.marks) if (mark.index === index) lines.push(`${chart.wordsAction}: ${shortened(mark.label)}`);
    return lines.join("\n");
  }

  /* Every number of an axis with as many decimals as its step has, as the reader's language writes them. */
  function axisNumbers(chart) {
    const digits = (String(Number((chart.axis[2] * chart.factor).toFixed(6))).split(".")[1] ?? "").length;
    const numbers = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return (value) => numbers.format(value * chart.factor) + chart.unit;
  }

  function option(chart, colours) {
    const width = chart.high.map((high, i) => (high === null ? null : high - chart.low[i]));
    const band = { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 } };
    const flag = { symbol: "none", silent: true, animation: false };
    return {
      animation: false,
      textStyle: { fontFamily: "Inter, system-ui, sans-serif" },
      grid: { left: 44, right: 12, top: 22, bottom: 24 },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, borderWidth: 1, padding: [8, 10],
        backgroundColor: colours.surface, borderColor: colours.line,
        textStyle: { color: colours.text, fontSize: 12, lineHeight: 18 },
        axisPointer: { lineStyle: { color: colours.faint, type: "solid" } },
        formatter: (points) => words(chart, points[0].dataIndex),
      },
      xAxis: {
        type: "category", data: chart.labels, boundaryGap: false, axisTick: { show: false },
        axisLine: { lineStyle: { color: colours.line } },
        axisLabel: { color: colours.faint, fontSize: 11, interval: (i) => chart.months[i], hideOverlap: true },
      },
      yAxis: {
        type: "value", min: chart.axis[0], max: chart.axis[1], interval: chart.axis[2],
        axisLabel: { color: colours.faint, fontSize: 11, formatter: axisNumbers(chart) },
        splitLine: { lineStyle: { color: colours.grid } },
      },
      /* The line first: a tooltip of joined charts stands at the first series, which has a value each week. */
      series: [
        {
          type: "line", data: chart.values, symbol: "circle", symbolSize: 6, z: 5,
          lineStyle: { color: colours.mark, width: 2 },
          itemStyle: { color: (p) => (chart.below[p.dataIndex] ? colours.below : colours.mark) },
          markLine: {
            ...flag,
            data: [
              ...(chart.target === null ? [] : [{
                yAxis: chart.target, lineStyle: { color: colours.text, type: "dashed", opacity: 0.75 },
                label: { formatter: chart.targetWords, position: "insideEndTop", color: colours.soft, fontSize: 11, textBorderColor: colours.surface, textBorderWidth: 3 },
              }]),
              ...chart.marks.map((mark) => ({
                xAxis: mark.index, lineStyle: { color: colours.action, type: "solid", width: 1.5 },
                label: { formatter: mark.number, color: colours.action, fontSize: 11, fontWeight: 600, distance: 2 },
              })),
            ],
          },
        },
        { ...band, data: chart.low },
        { ...band, data: width, areaStyle: { color: colours.band } },
      ],
    };
  }

  function draw(figure) {
    const old = drawn.get(figure);
    const canvas = old ? old.canvas : document.createElement("div");
    if (!old) {
      canvas.className = "chart__canvas";
      canvas.setAttribute("aria-hidden", "true");
      figure.append(canvas);
      figure.classList.add("is-drawn");
    }
    const plot = old ? old.plot : echarts.init(canvas, null, { renderer: "canvas" });
    const colours = {
      surface: token("--surface"), line: token("--line-strong"), grid: token("--chart-grid"), text: token("--text"),
      soft: token("--text-soft"), faint: token("--text-faint"), band: token("--chart-band"),
      mark: token("--chart-mark"), below: token("--below-fill"), action: token("--action"),
    };
    plot.setOption(option(JSON.parse(figure.dataset.chart), colours), true);
    plot.group = "page";
    drawn.set(figure, { canvas, plot });
  }

  function drawAll() {
    for (const [figure, { plot }] of drawn) {
      if (figure.isConnected) continue;
      plot.dispose();
      drawn.delete(figure);
    }
    document.querySelectorAll("[data-chart]").forEach(draw);
    echarts.connect("page");
  }

  /* Where the library cannot be had, the drawings of the server stay. */
  function show() {
    if (!document.querySelector("[data-chart]")) return;
    fetched ??= new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = resolve;
      document.head.append(script);
    });
    fetched.then(drawAll);
  }

  show();
  addEventListener("htmx:afterSettle", show);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  addEventListener("resize", () => drawn.forEach(({ plot }) => plot.resize()));
})();
