# Numbers of R for tests/unit/test_statistics_questions.py: Rscript together.R > together.json
# Needs jsonlite.
suppressMessages(library(jsonlite))

set.seed(5)
cells <- function(k, n, between, within) {
  unit <- rep(seq_len(k), each = n) + 10
  a <- rnorm(k)[unit - 10]; b <- between * a + rnorm(k, 0, 0.3)[unit - 10]
  u <- rnorm(k * n)
  list(x = round(100 + 20 * (a + u), 3),
       y = round(3000 + 400 * (b + within * u + rnorm(k * n)), 2), unit = unit)
}
worlds <- list(one_image = cells(1, 20, 0, 0.5), two = cells(2, 15, 0.5, 0.2),
               three = cells(3, 12, -1, 0.8), nine = cells(9, 25, 0.6, -0.3))

numbers <- function(w) {
  x <- w$x; y <- w$y; u <- w$unit; k <- length(unique(u)); n <- length(x)
  at <- seq(min(x), max(x), length.out = 25)[c(1, 9, 25)]
  inside <- function(v, u) v - ave(v, u)
  z <- function(keep) atanh(cor(x[keep], y[keep]))
  zw <- function(keep) atanh(cor(inside(x[keep], u[keep]), inside(y[keep], u[keep])))
  jack <- function(f) {
    of <- sapply(unique(u), function(one) f(u != one))
    f(rep(TRUE, n)) + c(0, -1, 1) * qt(0.975, k - 1) * sqrt((k - 1) / k * sum((of - mean(of))^2))
  }
  fit <- lm(y ~ x)
  if (k >= 3) {
    ends <- function(c) jack(function(keep) sum(c * coef(lm(y ~ x, subset = keep))))
    r <- tanh(jack(z)); rw <- tanh(jack(zw))
    slope <- ends(c(0, 1)); intercept <- ends(c(1, 0)); line <- t(sapply(at, function(p) ends(c(1, p))))
  } else {
    test <- cor.test(x, y); r <- c(test$estimate[[1]], test$conf.int)
    own <- zw(rep(TRUE, n)); rw <- tanh(own + c(0, -1, 1) * qnorm(0.975) / sqrt(n - k - 2))
    slope <- c(coef(fit)[[2]], confint(fit)[2, ]); intercept <- c(coef(fit)[[1]], confint(fit)[1, ])
    line <- predict(fit, data.frame(x = at), interval = "confidence")
  }
  list(x = x, y = y, unit = u, r = r, r_within = rw, spearman = cor(x, y, method = "spearman"),
       slope = unname(slope), intercept = unname(intercept), line = unname(line))
}
cat(toJSON(lapply(worlds, numbers), digits = NA), "\n")
