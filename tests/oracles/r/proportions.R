# Numbers of R for tests/unit/test_statistics_proportions.py.
# Rscript tests/oracles/r/proportions.R > tests/oracles/r/proportions.json
# Fractions and counts of small studies; glm with quasi families; the difference of the means over
# the units of two conditions with its standard error by numeric derivatives.
library(jsonlite)
set.seed(6)

ame <- function(fit, data, first, second) {
  of_both <- data[data$condition %in% c(first, second), ]
  beta <- coef(fit)
  change <- function(b) {
    mean_under <- function(name) {
      there <- of_both
      there$condition <- factor(name, levels = levels(data$condition))
      x <- model.matrix(delete.response(terms(fit)), there, xlev = fit$xlevels)
      mean(fit$family$linkinv(drop(x %*% b)))
    }
    mean_under(first) - mean_under(second)
  }
  gradient <- sapply(seq_along(beta), function(k) {
    step <- 1e-5
    up <- beta; down <- beta
    up[k] <- up[k] + step; down[k] <- down[k] - step
    (change(up) - change(down)) / (2 * step)
  })
  se <- sqrt(drop(t(gradient) %*% vcov(fit) %*% gradient))
  p <- 2 * pt(-abs(change(beta)) / se, fit$df.residual)
  list(estimate = change(beta), se = se, df = fit$df.residual, p = p)
}

study <- function(kind, data) {
  data$condition <- factor(data$condition, levels = unique(data$condition))
  data$session <- factor(data$session, levels = unique(data$session))
  family <- if (kind == "binomial") quasibinomial() else quasipoisson()
  fit <- glm(value ~ condition + session, family = family, weights = n_cells, data = data,
             control = list(epsilon = 1e-14, maxit = 100))
  names <- levels(data$condition)
  list(kind = kind, value = data$value, condition = as.character(data$condition),
       session = as.character(data$session), n_cells = data$n_cells,
       dispersion = summary(fit)$dispersion,
       pairs = lapply(names[-1], function(name)
         c(list(condition = name, reference = names[1]), ame(fit, data, name, names[1]))))
}

balanced <- expand.grid(unit = 1:4, condition = c("WT", "KO", "KI"), session = c("a", "b"))
balanced$n_cells <- sample(8:40, nrow(balanced), TRUE)
odds <- -0.8 + 0.6 * (balanced$condition == "KI") + 0.5 * (balanced$session == "b") +
  rnorm(nrow(balanced), 0, 0.6)
balanced$value <- rbinom(nrow(balanced), balanced$n_cells, plogis(odds)) / balanced$n_cells

ragged <- balanced[!(balanced$condition == "KO" & balanced$session == "b"), ]
ragged <- ragged[-c(1, 5, 6, 17), ]

alike <- balanced
alike$n_cells <- 30
alike$value <- round(30 * plogis(-0.5 + 0.4 * (alike$condition == "KO") +
  0.03 * rnorm(nrow(alike)))) / 30

counts <- expand.grid(unit = 1:5, condition = c("WT", "KI"), session = c("a", "b", "c"))
counts$n_cells <- sample(3:15, nrow(counts), TRUE)
rate <- exp(0.7 - 0.5 * (counts$condition == "KI") + 0.3 * (counts$session == "c"))
counts$value <- rnbinom(nrow(counts), mu = rate * counts$n_cells, size = 8) / counts$n_cells

cat(toJSON(list(balanced = study("binomial", balanced), ragged = study("binomial", ragged),
                alike = study("binomial", alike), counts = study("poisson", counts)),
           digits = NA, auto_unbox = TRUE, pretty = 1), "\n")
