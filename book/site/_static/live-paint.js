/* What instruments paint on canvases: pictures of numbers, and points in the plane. */

"use strict";

(() => {
  // The brush of an empty canvas as large as the inside of a plot, in the plot's pixels.
  function cleared(canvas, inner) {
    const [width, height, fine] = [inner.right - inner.left, inner.bottom - inner.top, window.devicePixelRatio || 1];
    const size = [Math.round(width * fine), Math.round(height * fine)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) {
      [canvas.width, canvas.height] = size;
    }
    const brush = canvas.getContext("2d");
    brush.setTransform(fine, 0, 0, fine, 0, 0);
    brush.clearRect(0, 0, width, height);
    return brush;
  }

  // A picture of numbers from `low` to `high`, columns first, the lowest row at the bottom.
  const HEAT = [[68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140], [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37]];
  function heat(canvas, values, columns, rows, high) {
    canvas.width = columns;
    canvas.height = rows;
    const brush = canvas.getContext("2d");
    const image = brush.createImageData(columns, rows);
    for (let column = 0; column < columns; column += 1) {
      for (let row = 0; row < rows; row += 1) {
        const share = Math.min(Math.max(values[column * rows + row] / high, 0), 1) * (HEAT.length - 1);
        const [low, part] = [Math.min(Math.floor(share), HEAT.length - 2), share - Math.min(Math.floor(share), HEAT.length - 2)];
        const to = 4 * ((rows - 1 - row) * columns + column);
        for (let c = 0; c < 3; c += 1) {
          image.data[to + c] = HEAT[low][c] + (HEAT[low + 1][c] - HEAT[low][c]) * part;
        }
        image.data[to + 3] = 255;
      }
    }
    brush.putImageData(image, 0, 0);
  }

  // Points in the plane on the canvas of a plot: layers of `{ points: [x, y, x, y, …], role, size, opacity }`.
  function scatter(plot, layers) {
    const { canvas, inner } = plot;
    const brush = cleared(canvas, inner);
    const [width, height] = [inner.right - inner.left, inner.bottom - inner.top];
    const style = getComputedStyle(plot.box);
    const [sx, sy] = [width / (plot.x[1] - plot.x[0]), height / (plot.y[1] - plot.y[0])];
    for (const { points, role, size, opacity } of layers) {
      brush.fillStyle = style.getPropertyValue(`--di-${role}`);
      brush.globalAlpha = opacity;
      const side = size * Math.max(0.7, Math.min(1.3, width / 300));
      const round = size > 3;
      for (let i = 0; i < points.length; i += 2) {
        const [x, y] = [(points[i] - plot.x[0]) * sx, height - (points[i + 1] - plot.y[0]) * sy];
        if (round) {
          brush.beginPath();
          brush.arc(x, y, side / 2, 0, 7);
          brush.fill();
        } else {
          brush.fillRect(x - side / 2, y - side / 2, side, side);
        }
      }
    }
    brush.globalAlpha = 1;
  }

  // Where heights over a square, columns first, are as high as each of `levels`: pieces of lines, two ends each.
  function contours(heights, reach, levels) {
    const side = Math.sqrt(heights.length);
    const place = (at) => reach * ((2 * at) / (side - 1) - 1);
    const [xs, ys] = [[], []];
    // Of every triangle, two to a cell, a plane goes through the corners: a level crosses two of its sides or none.
    const triangle = (level, ...corners) => {
      for (let i = 0; i < 3; i += 1) {
        const [[x, y, height], [toX, toY, toHeight]] = [corners[i], corners[(i + 1) % 3]];
        if (height > level !== toHeight > level) {
          const share = (level - height) / (toHeight - height);
          xs.push(place(x + share * (toX - x)));
          ys.push(place(y + share * (toY - y)));
        }
      }
    };
    for (let x = 0; x < side - 1; x += 1) {
      for (let y = 0; y < side - 1; y += 1) {
        const at = x * side + y;
        const [a, b, c, d] = [heights[at], heights[at + side], heights[at + side + 1], heights[at + 1]];
        const [low, high] = [Math.min(a, b, c, d), Math.max(a, b, c, d)];
        for (const level of levels) {
          if (low <= level && level < high) {
            triangle(level, [x, y, a], [x + 1, y, b], [x + 1, y + 1, c]);
            triangle(level, [x, y, a], [x + 1, y + 1, c], [x, y + 1, d]);
          }
        }
      }
    }
    return { xs, ys };
  }

  Object.assign(window.diLive, { cleared, heat, scatter, contours });
})();
