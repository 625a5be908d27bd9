# Linear mixed models of several data sets by lme4, for tests/unit/test_statistics_mixed.py.
#
# Rscript tests/oracles/r/mixed.R REFERENCE.csv > tests/oracles/r/mixed.json
#
# REFERENCE.csv: the table of 30 cells with condition, session, mean_speed_um_per_min and
# lam_cyto_ratio. Made with R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2.
suppressMessages({
  library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)
})
options(contrasts = c("contr.treatment", "contr.poly"))
tight <- lmerControl(optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore",
                     optCtrl = list(rhoend = 1e-12, maxfun = 1e6))

simulated <- function(seed, sizes, sd_session, sd_interaction, cells = NULL, sd_movie = 0) {
  set.seed(seed)
  rows <- do.call(rbind, lapply(seq_len(nrow(sizes)), function(s)
    do.call(rbind, lapply(seq_len(ncol(sizes)), function(k)
      if (sizes[s, k] > 0) data.frame(session = paste0("s", s), condition = letters[k],
                                      unit = paste0("m", seq_len(sizes[s, k])))))))
  day <- rnorm(nrow(sizes), 0, sd_session)
  both <- matrix(rnorm(length(sizes), 0, sd_interaction), nrow(sizes))
  s <- as.integer(factor(rows$session, paste0("s", seq_len(nrow(sizes)))))
  k <- as.integer(factor(rows$condition, letters[seq_len(ncol(sizes))]))
  rows$value <- 2 + 0.4 * k + day[s] + both[cbind(s, k)]
  if (is.null(cells)) {
    rows$value <- rows$value + rnorm(nrow(rows))
  } else {
    rows$value <- rows$value + rnorm(nrow(rows), 0, sd_movie)
    rows <- rows[rep(seq_len(nrow(rows)), rep_len(cells, nrow(rows))), ]
    rows$value <- rows$value + rnorm(nrow(rows))
  }
  rows$value <- round(rows$value, 6)
  rows
}

terms_of <- list(
  random_session = value ~ condition + (1 | session),
  random_effect = value ~ condition + (1 | session) + (1 | session:condition),
  nested_movies = value ~ condition + (1 | session) + (1 | session:condition:unit)
)
names_of <- list(random_session = "session", random_effect = c("session", "session:condition"),
                 nested_movies = c("session", "session:condition:unit"))

of_model <- function(rows, model) {
  rows$condition <- factor(rows$condition, sort(unique(rows$condition)))
  fit <- suppressWarnings(lmerTest::lmer(terms_of[[model]], rows, REML = TRUE, control = tight))
  v <- as.data.frame(VarCorr(fit))
  conditions <- levels(rows$condition)
  pairs <- list()
  for (i in seq_along(conditions)[-1]) for (j in seq_len(i - 1)) {
    contrast <- numeric(length(conditions))
    contrast[i] <- 1
    if (j > 1) contrast[j] <- -1
    est <- sum(contrast * fixef(fit))
    se <- sqrt(as.numeric(t(contrast) %*% as.matrix(vcov(fit)) %*% contrast))
    sat <- suppressWarnings(contest1D(fit, contrast, ddf = "Satterthwaite"))
    kr <- suppressWarnings(contest1D(fit, contrast, ddf = "Kenward-Roger"))
    pairs[[length(pairs) + 1]] <- list(
      condition = conditions[i], reference = conditions[j], estimate = est, se = se,
      p_normal = 2 * pnorm(-abs(est / se)), df_satterthwaite = sat$df,
      se_kr = kr[["Std. Error"]], df_kr = kr$df, p_kr = kr[["Pr(>|t|)"]])
  }
  list(variances = v$vcov[match(names_of[[model]], v$grp)], residual = sigma(fit)^2,
       criterion = REMLcrit(fit), singular = isSingular(fit), pairs = pairs)
}

of_data <- function(rows, models) {
  rows <- rows[c("session", "condition", "unit", "value")]
  rows[1:3] <- lapply(rows[1:3], as.character)
  list(rows = rows, models = setNames(lapply(models, of_model, rows = rows), models))
}

cells <- read.csv(commandArgs(TRUE)[1])
cells$unit <- cells$cell
speed <- transform(cells, value = mean_speed_um_per_min)
ratio <- transform(cells, value = lam_cyto_ratio)
data(Machines, package = "nlme")
machines <- transform(Machines, session = Worker, condition = Machine,
                      unit = paste0(Worker, Machine, seq_along(score)), value = score)
data(oats, package = "MASS")
oats <- transform(oats, session = B, condition = V, unit = N, value = Y)
set.seed(3)
uneven <- matrix(sample(1:7, 18, TRUE), 6)
gaps <- matrix(c(4, 3, 5, 0, 2, 6, 0, 3, 4, 5, 4, 0, 3, 3, 0, 6, 2, 4), 6)
both <- c("random_session", "random_effect")
out <- list(
  speed = of_data(speed, both),
  ratio = of_data(ratio, both),
  machines = of_data(machines, both),
  oats = of_data(oats, both),
  uneven = of_data(simulated(11, uneven, 1, 0.7), both),
  gaps = of_data(simulated(12, gaps, 0.8, 0.6), both),
  collapsed = of_data(simulated(15, uneven, 0, 0), both),
  movies = of_data(simulated(14, uneven, 0.8, 0, cells = c(3, 9, 1, 14, 6), sd_movie = 0.7),
                   "nested_movies"),
  alike = of_data(simulated(16, uneven, 0.8, 0, cells = c(3, 9, 1, 14, 6)), "nested_movies")
)
cat(toJSON(out, digits = 12, auto_unbox = TRUE, dataframe = "columns"), "\n")
