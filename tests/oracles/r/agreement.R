# Numbers of R for tests/unit/test_statistics_agreement.py: Rscript agreement.R > agreement.json
# Needs jsonlite.
suppressMessages(library(jsonlite))

set.seed(3)
pairs <- list(
  speed = local({ x <- round(rnorm(18, 1, 0.3), 4); list(x = x, y = round(x + rnorm(18, 0.1, 0.08), 4)) }),
  proportional = local({ x <- round(rlnorm(40, 5, 0.4), 3); list(x = x, y = round(1.2 * x + rnorm(40, 0, 9), 3)) }),
  few = list(x = c(1.1, 2.3, 2.9, 4.2), y = c(1.0, 2.6, 2.7, 4.9)),
  unlike = local({ x <- round(rnorm(25), 4); list(x = x, y = round(rnorm(25), 4)) })
)

numbers <- function(p) {
  x <- p$x; y <- p$y; n <- length(x)
  d <- y - x; m <- (x + y) / 2; s <- sd(d); z <- qnorm(0.975)
  t <- t.test(d)
  # Limits: exact tolerance-type interval of a normal quantile (Carkeet 2015).
  q <- qt(c(0.025, 0.975), n - 1, z * sqrt(n)) * s / sqrt(n)
  slope <- lm(d ~ m)
  # Lin 1989, with the variance as corrected in 2000.
  sx <- var(x) * (n - 1) / n; sy <- var(y) * (n - 1) / n; sxy <- cov(x, y) * (n - 1) / n
  c <- 2 * sxy / (sx + sy + (mean(x) - mean(y))^2)
  r <- cor(x, y); u2 <- (mean(y) - mean(x))^2 / sqrt(sx * sy)
  v <- ((1 - r^2) * c^2 / ((1 - c^2) * r^2) + 2 * c^3 * (1 - c) * u2 / (r * (1 - c^2)^2) -
        c^4 * u2^2 / (2 * r^2 * (1 - c^2)^2)) / (n - 2)
  list(x = x, y = y, bias = c(mean(d), t$conf.int), sd = s,
       limit_low = c(mean(d) - z * s, mean(d) - q[2], mean(d) - q[1]),
       limit_high = c(mean(d) + z * s, mean(d) + q[1], mean(d) + q[2]),
       slope = c(coef(slope)[[2]], confint(slope)[2, ]), p_slope = summary(slope)$coefficients[2, 4],
       # Pitman's test of equal variances is the same test.
       p_pitman = cor.test(d, m)$p.value,
       concordance = c(c, tanh(atanh(c) - z * sqrt(v)), tanh(atanh(c) + z * sqrt(v))))
}
cat(toJSON(lapply(pairs, numbers), digits = NA), "\n")
