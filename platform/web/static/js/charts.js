// Draws every [data-chart] when it comes near the window. The library is fetched then, and only once.
// SVG, tooltips in class names, no animation: a strict policy holds, and the page keeps still.
let library = null;

function fetched(address) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });

function cell(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

// A tooltip of elements, not of markup: a product's name is text whatever stands in it.
function tip(figures, points) {
  const box = document.createElement("div");
  const index = points[0].dataIndex;
  box.append(cell("strong", figures.labels[index]));
  const list = document.createElement("dl");
  figures.series.forEach((series) => list.append(cell("dt", series.name), cell("dd", series.shown[index])));
  box.append(list);
  return box;
}

function options(figures) {
  const text = token("--text-3");
  // What is drawn is measured first, and a canvas inherits no font.
  const { fontFamily } = getComputedStyle(document.body);
  const axis = { axisLabel: { color: text, fontFamily }, axisTick: { show: false } };
  const line = { lineStyle: { color: token("--border") } };
  return {
    animation: false,
    color: ["--primary", "--warning", "--success", "--info", "--danger", "--text-2"].map(token),
    grid: { left: 4, right: 8, top: figures.series.length > 1 ? 36 : 16, bottom: 4, containLabel: true },
    legend: { type: "scroll", show: figures.series.length > 1, left: 0, top: 0, itemHeight: 8, itemWidth: 12, textStyle: { color: token("--text-2"), fontFamily } },
    tooltip: {
      trigger: "axis",
      confine: true,
      className: "chart-tip",
      backgroundColor: token("--surface"),
      borderColor: token("--border"),
      textStyle: { color: token("--text"), fontFamily, fontSize: 13 },
      formatter: (points) => tip(figures, points),
    },
    xAxis: { type: "category", data: figures.labels, ...axis, axisLine: line },
    yAxis: {
      type: "value",
      minInterval: figures.unit ? undefined : 1,
      ...axis,
      axisLabel: { ...axis.axisLabel, formatter: (value) => short.format(value) + (figures.unit === "%" ? "%" : "") },
      splitLine: line,
    },
    series: figures.series.map((series) => ({
      name: series.name,
      type: series.type,
      data: series.values,
      barMaxWidth: 22,
      symbolSize: 6,
      showSymbol: series.values.length < 32,
      itemStyle: { borderRadius: series.type === "bar" ? [3, 3, 0, 0] : 0 },
    })),
  };
}

async function draw(figure) {
  const echarts = await fetched(figure.dataset.library);
  const figures = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const box = figure.querySelector(".chart-drawing");
  box.hidden = false;
  figure.querySelector("details").open = false;
  const chart = echarts.init(box, null, { renderer: "svg" });
  const paint = () => chart.setOption(options(figures), true);
  paint();
  new ResizeObserver(() => chart.resize()).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

const near = new IntersectionObserver(
  (entries) =>
    entries
      .filter((entry) => entry.isIntersecting)
      .forEach((entry) => {
        near.unobserve(entry.target);
        draw(entry.target);
      }),
  { rootMargin: "200px" },
);
document.querySelectorAll("[data-chart]").forEach((figure) => near.observe(figure));
